import { codeIn } from '../../core/commands/code-words.ts';
import { ToolError } from '../../core/errors.ts';
import type { ToolCall } from '../../core/tool.ts';
import { namesIn } from './template.ts';
import type { WatcherRule } from '../../core/watcher-rule.ts';

export interface ActionStep extends ToolCall {
  input: Record<string, unknown>;
}

const kinds = ['copy', 'move', 'shell', 'script', 'skill', 'workflow', 'tool', 'steps'] as const;
type Kind = (typeof kinds)[number];

/** A file's name may be anything its sender likes, so it is handed over beside the command and never inside it. */
const environment = { WATCHED_FILE: '${{ file.path }}', WATCHED_NAME: '${{ file.name }}', WATCHED_EVENT: '${{ event }}' };

const stepsOf: Record<Kind, (rule: WatcherRule) => ActionStep[]> = {
  copy: ({ copy, overwrite }) => [{ tool: 'file_copy', input: { from: '${{ file.path }}', to: intoFolder(copy!), overwrite } }],
  move: ({ move }) => [{ tool: 'file_move', input: { from: '${{ file.path }}', to: intoFolder(move!) } }],
  shell: ({ shell }) => [{ tool: 'shell_run', input: { command: shell, env: environment } }],
  script: ({ script }) => [{ tool: 'shell_run', input: { script, env: environment } }],
  skill: ({ skill, input = {} }) => [{ tool: 'skill_run', input: { name: skill, input } }],
  workflow: ({ workflow, input = {} }) => [{ tool: 'workflow_run', input: { name: workflow, inputs: input } }],
  tool: ({ tool, input = {} }) => [{ tool: tool!, input }],
  steps: ({ steps }) => steps!,
};

/** The calls that a rule's action stands for. Throws `invalid_input` where it has none or several, or would splice a name into code. */
export function actionOf(rule: WatcherRule): ActionStep[] {
  const given = kinds.filter((kind) => rule[kind] !== undefined);
  if (given.length !== 1) throw oneAction(given);
  const steps = stepsOf[given[0]!](rule);
  for (const step of steps) checkStep(step);
  return steps;
}

const oneAction = (given: string[]): ToolError =>
  new ToolError('invalid_input', given.length === 0 ? 'The rule has no action.' : `The rule has several actions: ${given.join(', ')}.`, {
    hint: `Give exactly one of ${kinds.join(', ')}.`,
  });

/** A target without a value in it is a folder: else every file would go to one and the same path. */
const intoFolder = (target: string): string => (target.includes('${{') || target.endsWith('/') ? target : `${target}/`);

function checkStep({ tool, input }: ActionStep): void {
  if (namesIn(tool).length > 0) throw new ToolError('invalid_input', 'A file does not choose the tool.', { hint: 'Name the tool itself.' });
  for (const text of textsIn(input)) namesIn(text);
  const { script, command } = input;
  if (typeof script === 'string' && namesIn(script).length > 0) throw spliced('a script');
  if (Array.isArray(command)) checkCommand(command);
}

/** These never begin with a dash. */
const isPlain = /^\$\{\{\s*(file\.path|file\.folder|file\.size|file\.sha256|event)\s*\}\}/;

function checkCommand(command: unknown[]): void {
  for (const [index, word] of command.entries()) {
    if (typeof word !== 'string' || namesIn(word).length === 0) continue;
    const code = codeIn(command.map(String), index);
    if (code !== undefined) throw spliced(code);
    if (word.startsWith('${{') && !isPlain.test(word))
      throw new ToolError('invalid_input', 'A bare file name as an argument could be read as an option.', {
        hint: 'Use ${{ file.path }}, which begins with a slash.',
      });
  }
}

const spliced = (where: string): ToolError =>
  new ToolError('invalid_input', `A file's name is not put into ${where}: whoever names the file would write it.`, {
    hint: 'Pass it as an argument of its own: shell: [gzip, -k, "${{ file.path }}"], or use "$WATCHED_FILE" in a script.',
  });

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.entries(value).flatMap(([key, item]) => [key, ...textsIn(item)]) : [];
}
