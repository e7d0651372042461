import { ToolError } from '../../core/errors.ts';
import type { Caller, Change } from '../../core/tool.ts';
import type { PlannedCall, Step, Workflow } from './definition.ts';
import { asWritten, namesOf, render } from './template.ts';
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

type Foresight = Pick<ForeseenStep, 'changes' | 'asks' | 'undoable' | 'problem'>;

async function foresight({ does, undo, forEach }: Step, seer: Seer): Promise<Foresight> {
  if (!('tool' in does)) {
    const target = `a person: ${String(asWritten(does.ask))}`;
    return { changes: [{ action: 'send', target }], asks: true, undoable: false };
  }
  const tool = seer.parts.find(does.tool);
  const undoable = undo !== undefined || tool?.undo !== undefined;
  const isKnown = namesOf(does.input).every(({ name: [root] }) => root === 'inputs') && forEach === undefined;
  if (!tool || !isKnown) return { changes: [asItStands(does)], asks: false, undoable };
  return previewed(does, undoable, seer);
}

async function previewed(call: PlannedCall, undoable: boolean, { parts, caller, inputs }: Seer): Promise<Foresight> {
  const input = render(call.input, { inputs });
  try {
    const { verdict, changes } = await parts.preview(caller, { tool: call.tool, input });
    if (verdict === 'deny') return { changes: [], asks: false, undoable, problem: 'The policy forbids it.' };
    const isRead = parts.find(call.tool)?.risk === 'read';
    return {
      changes: changes.length > 0 || isRead ? changes : [asItStands({ ...call, input: { kind: 'plain', value: input } })],
      asks: verdict === 'ask',
      undoable,
    };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return { changes: [asItStands(call)], asks: false, undoable, problem: error.message };
  }
}

const mostShown = 300;
const asItStands = ({ tool, input }: PlannedCall): Change => ({
  action: 'run',
  target: `${tool} ${JSON.stringify(asWritten(input)).slice(0, mostShown)}`,
});
