import { riskCeiling, type Tool } from '../../core/tool.ts';
import { candidatesFor, createDesk, isQuestion, sureEnough, type Desk } from '../intake/candidates.ts';

/** Whether a task asks for something to be changed, found out without asking a model. */
export interface WantedChange {
  isWanted: boolean;
  /** The noun of the tools that would do it, where that is plain. */
  noun?: string;
  serves(tool: string): boolean;
}

const verbs =
  /(?:^|[.;:!?\n]\s*|\b(?:and|then|please|to|you|also)\s+)(?:create|make|add|write|delete|remove|send|schedule|install|restart|update|upgrade|change|set|rename|move|copy|fix|mend|repair|edit|replace|save|store|remember|notify|deploy|stop|start|enable|disable|clean|rotate|restore)\b(?!\s+(?:me\s+)?(?:an?\s+|the\s+|your\s+)?(?:\w+\s+)?(?:summary|report|review|list|overview|answer|explanation|opinion|sure|sense)\b)/i;

/** These carry others, so what they have done may be anything. */
const carriers = new Set(['tool', 'intake', 'workflow', 'agent', 'shell', 'ssh', 'skill']);

const nounOf = (tool: string): string => tool.split('_')[0]!;

/** `tools`: all there are, also those that the agent may not call. What it cannot do it must not claim either. */
export function createWantedChange(tools: () => Tool[]): (task: string) => WantedChange {
  let desk: Desk | undefined;
  return (task) => {
    desk ??= createDesk(tools());
    const text = task.slice(0, 2_000);
    if (isQuestion.test(text.trim())) return { isWanted: false, serves: () => true };
    const [best, next] = candidatesFor(text, { desk, tasks: [] });
    const isPlain = best !== undefined && sureEnough(best, next) && riskCeiling(best.tool) !== 'read';
    if (!isPlain) return { isWanted: verbs.test(text), serves: () => true };
    const noun = nounOf(best.tool.name);
    if (carriers.has(noun)) return { isWanted: verbs.test(text), serves: () => true };
    return { isWanted: true, noun, serves: (tool) => nounOf(tool) === noun || carriers.has(nounOf(tool)) };
  };
}
