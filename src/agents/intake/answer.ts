import { ToolError } from '../../core/errors.ts';
import { replyAsStep } from '../loop/model-step.ts';
import { fenced } from '../loop/result-text.ts';
import { promptText } from '../prompt-text.ts';
import type { TaskOutcome } from './execute.ts';
import type { OpenFloor } from './open-task.ts';
import type { Plan } from './plan-types.ts';

const answeringMs = 120_000;
const longestResult = 6_000;

/**
 * What a model says to the request in the light of the results: words, shown beside claw's report and never in its place. Of a plan
 * that ends in one open task those of that task. Undefined where the plan only changes things, or no model answers.
 */
export async function answerTo({ tasks }: Plan, outcomes: TaskOutcome[], floor: OpenFloor): Promise<string | undefined> {
  const last = outcomes.at(-1);
  if (last?.words) return last.words;
  if (!tasks.some(({ role }) => role !== 'executor') || !outcomes.some(({ status }) => status === 'done')) return undefined;
  const { run, caller, models, request = '', results } = floor;
  const found = outcomes.map(({ id, tool, status, summary }) =>
    fenced(`${id} ${tool}, ${status}`, textOf(results.get(id)?.output) ?? summary, `${run.id}-${id}`),
  );
  const text = `The request:\n<request>\n${request}\n</request>\n\nWhat claw found:\n${found.join('\n')}`;
  const asked = { system: promptText('answer'), messages: [{ role: 'user' as const, text }], maxTokens: 1_500 };
  try {
    const told = { task: { id: 'answer', role: 'executor' as const }, round: 1, request: asked, spentMs: 0, leftMs: answeringMs };
    const { text: words } = await replyAsStep({ run, caller, models: models! }, told);
    return words.trim() || undefined;
  } catch (error) {
    if (run.signal.aborted || !(error instanceof ToolError)) throw error;
    return undefined;
  }
}

const textOf = (output: unknown): string | undefined => (output === undefined ? undefined : JSON.stringify(output).slice(0, longestResult));
