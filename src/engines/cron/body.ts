import { ToolError } from '../../core/errors.ts';
import { isReference, referencesIn } from '../../core/reference.ts';
import type { Tool } from '../../core/tool.ts';
import type { JobSpec, Step } from './job.ts';

/** What a job does, as a person says it: exactly one of a tool, steps, and the shorthands. */
export interface Body {
  tool?: string | undefined;
  /** With `tool` or `skill`. */
  input?: Record<string, unknown> | undefined;
  steps?: { id?: string | undefined; tool: string; input: Record<string, unknown> }[] | undefined;
  /** Program and arguments. */
  shell?: string[] | undefined;
  /** A line for a shell. */
  script?: string | undefined;
  /** A prompt. */
  claude?: string | undefined;
  /** An address to which the firing is posted. */
  webhook?: string | undefined;
  skill?: string | undefined;
}

const kinds = ['tool', 'steps', 'shell', 'script', 'claude', 'webhook', 'skill'] as const;
type Kind = (typeof kinds)[number];

/** Which of the fields say what the job does. */
export const bodyIn = (body: Body): Kind[] => kinds.filter((kind) => body[kind] !== undefined);

/** The steps that a body stands for. Throws `invalid_input` where it has none, or several. */
export function stepsOf(body: Body): Step[] {
  const given = bodyIn(body);
  if (given.length !== 1)
    throw new ToolError(
      'invalid_input',
      given.length === 0 ? 'tool: the job does nothing.' : `${given[1]}: there is ${given[0]} already.`,
      {
        hint: `Give exactly one of ${kinds.join(', ')}.`,
      },
    );
  if (body.steps) return body.steps.map(({ id, ...step }, index) => ({ id: id ?? `step-${index + 1}`, ...step }));
  return [{ id: 'step-1', ...callOf[given[0] as Exclude<Kind, 'steps'>](body) }];
}

/** What a job is called that nobody has named: its command line, or the tools that it calls. */
export function nameOf(steps: Step[]): string {
  const { command, script } = steps[0]!.input;
  const line = Array.isArray(command) ? command.join(' ') : script;
  const text = steps.length === 1 && typeof line === 'string' ? line : steps.map(({ tool }) => tool).join(', ');
  return text.replace(/\s+/g, ' ').trim().slice(0, 100) || steps[0]!.tool;
}

const callOf: Record<Exclude<Kind, 'steps'>, (body: Body) => Omit<Step, 'id'>> = {
  tool: ({ tool, input = {} }) => ({ tool: tool!, input }),
  shell: ({ shell }) => ({ tool: 'shell_run', input: { command: shell } }),
  script: ({ script }) => ({ tool: 'shell_run', input: { script } }),
  claude: ({ claude }) => ({ tool: 'llm_prompt', input: { prompt: claude } }),
  webhook: ({ webhook, input = {} }) => ({
    tool: 'http_request',
    input: { method: 'POST', url: webhook, headers: { 'content-type': 'application/json' }, body: bodyText(input) },
  }),
  skill: ({ skill, input = {} }) => ({ tool: 'skill_run', input: { name: skill, input } }),
};

/** As text a reference to a secret would be sent as it stands. */
function bodyText(input: Record<string, unknown>): string {
  const text = JSON.stringify(input);
  if (!text.includes('"$secret"')) return text;
  throw wrong(
    'input',
    'what a webhook is sent has no place for a secret.',
    'Give http_request as tool: its headers and its body take one.',
  );
}

/** Throws `invalid_input`, naming the step and its field, for what could not be called. */
export function checkSteps({ steps, tools }: Pick<JobSpec, 'steps' | 'tools'>, find: (tool: string) => Tool | undefined): void {
  for (const name of tools ?? []) if (!find(name)) throw unknownTool('tools', name);
  const earlier = new Set<string>();
  for (const [index, step] of steps.entries()) {
    const at = `steps.${index}`;
    const known = find(step.tool);
    if (!known) throw unknownTool(`${at}.tool`, step.tool);
    if (tools && !tools.includes(step.tool)) throw wrong(`${at}.tool`, `${step.tool} is not among the job's tools.`, 'Add it to tools.');
    if (earlier.has(step.id)) throw wrong(`${at}.id`, `"${step.id}" is taken.`, 'Give each step an id of its own.');
    checkInput(step, known, { at, earlier });
    earlier.add(step.id);
  }
}

function checkInput({ input }: Step, tool: Tool, { at, earlier }: { at: string; earlier: Set<string> }): void {
  const stranger = referencesIn(input).find((id) => !earlier.has(id));
  if (stranger !== undefined) throw wrong(at, 'it refers to a step that is not above it.', 'Name the id of an earlier step in $from.');
  // What a reference will stand for is text of which nothing is known yet.
  const filled = Object.fromEntries(Object.entries(input).map(([field, value]) => [field, isReference(value) ? 'text' : value]));
  const issue = tool.input.safeParse(filled).error?.issues.find(({ path }) => !isReference(input[String(path[0])]));
  if (!issue) return;
  const unrecognized = 'keys' in issue && Array.isArray(issue.keys) ? issue.keys.map(String) : [];
  const field = [at, 'input', ...issue.path.map(String), ...unrecognized.slice(0, 1)].join('.');
  throw wrong(field, `${issue.message}.`, `tool_show shows what ${tool.name} takes.`);
}

const unknownTool = (field: string, name: string): ToolError =>
  wrong(field, `no tool is called "${name.slice(0, 60)}".`, 'tool_search finds tools by what they do; some come with later versions.');

const wrong = (field: string, message: string, hint: string): ToolError => new ToolError('invalid_input', `${field}: ${message}`, { hint });
