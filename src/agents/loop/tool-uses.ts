import { ToolError } from '../../core/errors.ts';
import type { Tool } from '../../core/tool.ts';
import type { ToolUse } from '../models/model-types.ts';
import type { LoopTask } from './loop-types.ts';
import { askInput, askName, finishName } from './own-tools.ts';

/** What a model means by one tool use of its reply. */
export type Meant =
  | { kind: 'call'; use: ToolUse; tool: Tool; input: Record<string, unknown> }
  | { kind: 'ask'; use: ToolUse; question: string }
  | { kind: 'finish'; use: ToolUse; value: unknown }
  | { kind: 'wrong'; use: ToolUse; error: ToolError };

export function meaningOf(use: ToolUse, { tools, finish }: Pick<LoopTask, 'tools' | 'finish'>, isAlone: boolean): Meant {
  const { name, input } = use;
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return wrong(use, 'The arguments are no JSON object.', 'Write them again, as one JSON object.');
  if (name === askName) {
    const asked = askInput.safeParse(input);
    return asked.success ? { kind: 'ask', use, question: asked.data.question } : misfit(use, asked.error.issues);
  }
  if (name === finishName && finish) {
    if (!isAlone) return wrong(use, 'finish was called together with other calls.', 'Look at their results first, then call finish alone.');
    const ended = finish.safeParse(input);
    return ended.success ? { kind: 'finish', use, value: ended.data } : misfit(use, ended.error.issues);
  }
  const tool = tools.find((one) => one.name === name);
  if (tool) return { kind: 'call', use, tool, input: input as Record<string, unknown> };
  const names = tools.map((one) => one.name).join(', ');
  return {
    kind: 'wrong',
    use,
    error: new ToolError('unknown_tool', 'This task has no tool of that name.', { hint: `It has: ${names || 'none'}.` }),
  };
}

const wrong = (use: ToolUse, message: string, hint: string): Meant => ({
  kind: 'wrong',
  use,
  error: new ToolError('invalid_input', message, { hint }),
});

const misfit = (use: ToolUse, issues: { path: PropertyKey[]; message: string }[]): Meant =>
  wrong(
    use,
    `The arguments do not fit: ${issues
      .slice(0, 3)
      .map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`)
      .join('; ')}.`,
    'Call it again with arguments of its schema.',
  );
