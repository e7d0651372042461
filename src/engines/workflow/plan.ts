import { ToolError } from '../../core/errors.ts';
import type { Caller, Change } from '../../core/tool.ts';
import type { PlannedCall, Step, Workflow } from './definition.ts';
import { evaluate, isTrue, namesIn } from './expression.ts';
import { asWritten, namesOf, render, type Template } from './template.ts';
import type { WorkflowParts } from './workflow-parts.ts';

/** A step, as a person looks at it before it is run. */
export interface PlannedStep {
  id: string;
  /** A tool, or that people are asked. */
  does: string;
  needs: string[];
  condition?: string;
}

/** With what it would change, as far as that is known before the steps it depends on have run. */
export interface ForeseenStep extends PlannedStep {
  changes: Change[];
  /** Its condition is known not to be true. */
  skipped?: boolean;
  /** The call itself would wait for the owner. */
  asks: boolean;
  undoable: boolean;
  /** Why it cannot be told: the call as it stands would fail. */
  problem?: string;
}

export const planOf = ({ steps }: Workflow): PlannedStep[] =>
  steps.map(({ id, does, needs, conditionText }) => ({
    id,
    does: 'tool' in does ? does.tool : 'approval',
    needs,
    ...(conditionText !== undefined && { condition: conditionText }),
  }));

interface Seer {
  parts: WorkflowParts;
  caller: Caller;
  inputs: Record<string, unknown>;
}

/** The plan as a diff: what each step would change, found out without doing it. */
export async function foreseen(workflow: Workflow, seer: Seer): Promise<ForeseenStep[]> {
  const steps: ForeseenStep[] = [];
  for (const [index, shown] of planOf(workflow).entries()) steps.push({ ...shown, ...(await foresight(workflow.steps[index]!, seer)) });
  return steps;
}

type Foresight = Pick<ForeseenStep, 'changes' | 'asks' | 'undoable' | 'problem' | 'skipped'>;

async function foresight(step: Step, seer: Seer): Promise<Foresight> {
  const { does, condition } = step;
  const isDecided = condition !== undefined && namesIn(condition).every(({ path: [root] }) => root === 'inputs');
  if (isDecided && !isTrue(evaluate(condition, { inputs: seer.inputs })))
    return { changes: [], asks: false, undoable: false, skipped: true };
  if (!('tool' in does))
    return { changes: [{ action: 'send', target: `to a person: ${asShown(does.ask, seer)}` }], asks: true, undoable: false };
  const tool = seer.parts.find(does.tool);
  const undoable = step.undo !== undefined || tool?.undo !== undefined;
  const isKnown = namesOf(does.input).every(({ name: [root] }) => root === 'inputs') && step.forEach === undefined;
  if (!tool || !isKnown) return { changes: [asItStands(does, seer)], asks: false, undoable };
  return { undoable, ...(await previewed(does, seer)) };
}

async function previewed(call: PlannedCall, seer: Seer): Promise<Omit<Foresight, 'undoable'>> {
  const { parts, caller, inputs } = seer;
  try {
    const { verdict, changes } = await parts.preview(caller, { tool: call.tool, input: render(call.input, { inputs }) });
    if (verdict === 'deny') return { changes: [], asks: false, problem: 'The policy forbids it.' };
    const isRead = parts.find(call.tool)?.risk === 'read';
    return { changes: changes.length > 0 || isRead ? changes : [asItStands(call, seer)], asks: verdict === 'ask' };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return { changes: [asItStands(call, seer)], asks: false, problem: error.message };
  }
}

const mostShown = 300;
const asItStands = ({ tool, input }: PlannedCall, seer: Seer): Change => ({
  action: 'run',
  target: `${tool} ${asShown(input, seer).slice(0, mostShown)}`,
});

const asShown = (value: Template, { inputs }: Seer): string => {
  const shown = asWritten(value, inputs);
  return typeof shown === 'string' ? shown : JSON.stringify(shown);
};
