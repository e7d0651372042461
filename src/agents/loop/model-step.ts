import { ToolError } from '../../core/errors.ts';
import type { Attempt } from '../models/chain.ts';
import type { ModelReply, ModelRequest } from '../models/model-types.ts';
import { replyTool } from '../models/reply-tool.ts';
import type { LoopFloor, LoopTask } from './loop-types.ts';

/** A reply as the journal keeps it, beside what it has cost. */
export interface JournaledReply extends Omit<ModelReply, 'usage'> {
  model: string;
  attempts: Attempt[];
  usage: ModelReply['usage'] & { tokens: number };
  /** Ms of work that the loop had used when the reply was there. */
  spentMs: number;
}

interface Asked {
  task: Pick<LoopTask, 'id' | 'role' | 'chat'>;
  round: number;
  request: Omit<ModelRequest, 'signal'>;
  /** Ms of work before, and how many are left. */
  spentMs: number;
  leftMs: number;
}

/** The model's reply as a step of the run: a run that is resumed gets the one it had, and the model is not asked again. */
export async function replyAsStep(
  { run, caller, models }: Pick<LoopFloor, 'run' | 'caller' | 'models'>,
  { task, round, request, spentMs, leftMs }: Asked,
): Promise<JournaledReply> {
  const stepId = `${task.id}-m${round}`;
  const spec = { id: stepId, tool: replyTool, input: { role: task.role, round }, idempotent: true };
  const { output } = await run.step<{ output: JournaledReply }>(spec, async ({ signal }) => {
    const started = performance.now();
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(tooLate()), leftMs).unref();
    try {
      const limited = { ...request, signal: AbortSignal.any([signal, late.signal]) };
      const asker = { role: task.role, caller, runId: run.id, stepId, chat: task.chat };
      const { reply, model, attempts } = await models.reply(limited, asker);
      const tokens = reply.usage.inputTokens + reply.usage.outputTokens;
      const tookMs = Math.round(performance.now() - started);
      // Some servers name no calls, and each result must find its own.
      const toolUses = reply.toolUses.map((use, index) => ({ ...use, id: use.id || `call_${index + 1}` }));
      return { output: { ...reply, toolUses, model, attempts, usage: { ...reply.usage, tokens }, spentMs: spentMs + tookMs } };
    } finally {
      clearTimeout(timer);
    }
  });
  return output;
}

const tooLate = (): ToolError =>
  new ToolError('timeout', 'The time for this task is over.', { hint: 'Ask for less at once, or for the rest in a new request.' });
