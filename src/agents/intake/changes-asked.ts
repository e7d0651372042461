import { riskCeiling, type Tool } from '../../core/tool.ts';
import { candidatesFor, isQuestion, sureEnough, wantsChange, type Desk } from './candidates.ts';
import { asks } from './prose.ts';
import type { Segment } from './schedule-phrase.ts';
import { splitRequest } from './split.ts';

/** A wish that is not met by looking. */
export interface AskedChange {
  text: string;
  /** What could make that change, best first; empty where the router knows none. */
  tools: string[];
  /** It asks for a command to be run, which may well only look. */
  isCommand?: true;
}

const mostTools = 8;
/** Of the score of the best one: what comes less near could not be meant. */
const leastShare = 0.05;

/** Wishes that a look, or thinking about what was seen, can meet. */
const looks =
  /^(?:please\s+)?(?:read|show|list|check|(?:tell|give|get) (?:me|us)|find|search|look|see|display|print|view|inspect|count|compare|describe|explain|summari[sz]e|sum up|review|analy[sz]e|investigate|diagnose|verify|report (?:on|back)|help|suggest|propose|recommend|translate|calculate|convert|estimate|draft|think|work out|figure out)\b/i;

/** "Be brief", "I have no time", "just": how something is to be done, and what is told beside it. */
const little = /^(?:please|just|only|so|then|also|now|and|but)\s+/i;
const saysHow =
  /^(?:be|keep (?:it|them|the answer) (?:short|brief|simple|to)|do(?:n['’]t| not)|never|no|not|i(?! (?:want|need|would like))|i['’]m|we(?! (?:want|need))|it|this|that|there|they|he|she|the|my|our|an?|in|with|without|because|since)\b/i;

/**
 * What the request itself wants changed, read by rules: no model has a say in it. In doubt it is a change, because a task that
 * wanted one and shows none must not be called done.
 */
export async function changesAsked(segments: Segment[], desk: Desk): Promise<AskedChange[]> {
  const found: (AskedChange | undefined)[] = [];
  for (const { text, schedule } of segments) {
    if (schedule !== undefined && !isQuestion.test(text)) found.push({ text, tools: ['cron_add', 'watcher_add', 'workflow_run'] });
    else for (const part of splitRequest(text.replace(asks, ''), desk)) found.push(await changeIn(part.text.trim(), desk));
  }
  return found.filter((one) => one !== undefined);
}

async function changeIn(whole: string, desk: Desk): Promise<AskedChange | undefined> {
  const text = whole.replace(little, '');
  const candidates = await candidatesFor(text, { desk, tasks: [] });
  const [best, next] = candidates;
  const isSure = best !== undefined && sureEnough(best, next);
  const changes = (tool: Tool): boolean => riskCeiling(tool) !== 'read';
  if (!wantsChange.test(text)) {
    if (isSure && !changes(best.tool)) return undefined;
    if (!isSure && (looks.test(text) || isQuestion.test(text) || saysHow.test(text))) return undefined;
  }
  const able = candidates.filter(({ tool }) => changes(tool));
  // A command can do anything and show nothing of it: it counts only where nothing else comes nearer.
  const certain = able.filter(({ tool }) => typeof tool.risk !== 'function');
  const near = certain.filter(({ score }) => score >= certain[0]!.score * leastShare).map(({ tool }) => tool.name);
  const first = able[0]?.tool.name;
  const tools = [...new Set([...(first === undefined ? [] : [first]), ...near])].slice(0, mostTools);
  return { text, tools, ...(isSure && typeof best.tool.risk === 'function' && { isCommand: true }) };
}

/** One call, as far as it matters here. */
export interface ProvedCall {
  tool: string;
  changes: boolean;
  isProved: boolean;
}

/** The wishes for which no proved call is left: each call answers one of them. */
export function unmet(asked: AskedChange[], calls: ProvedCall[]): AskedChange[] {
  const left = calls.filter(({ isProved }) => isProved);
  const take = (wish: AskedChange, fits: (call: ProvedCall) => boolean): boolean => {
    const index = left.findIndex((call) => (call.changes || wish.isCommand === true) && fits(call));
    if (index >= 0) left.splice(index, 1);
    return index >= 0;
  };
  const others = asked.filter((wish) => !take(wish, ({ tool }) => tool === wish.tools[0]));
  return others.filter((wish) => !take(wish, ({ tool }) => wish.tools.includes(tool) || wish.tools.length === 0));
}
