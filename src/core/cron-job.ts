import { z } from 'zod';
import { isoTime } from './clock.ts';

export const jobId = z.string().max(60).describe('job_…, as shown by cron_list');
export const jobIdOrName = jobId.describe('job_…, or words of its name that no other job has');
export const schedule = z
  .string()
  .min(1)
  .max(200)
  .describe('As "30 8 * * 1-5", "@daily", "every 2h30m", "weekdays at 8:30", "tomorrow at 7:00" or an ISO time');
export const timezone = z.string().max(60).optional().describe("IANA name; this machine's by default");
const seconds = (most: number) => z.number().int().min(1).max(most);
const toolName = z.string().min(1).max(60);
const text = z.string().min(1).max(20_000);
const input = z.record(z.string().max(100), z.unknown());
const step = z.object({ id: z.string().min(1).max(40).optional(), tool: toolName, input: input.default({}) });
const output = z.object({
  file: z.string().min(1).max(4_096).optional(),
  channel: z.string().min(1).max(200).optional(),
  profile: z.string().min(1).max(100).optional(),
  when: z.enum(['always', 'failure']).default('always'),
});

/** What a job does, in one of seven ways. */
export const jobBody = {
  tool: toolName.optional(),
  input: input.optional().describe('For tool, webhook and skill'),
  steps: z.array(step).min(1).max(50).optional().describe('Values may be {"$from": "<id of an earlier step>"}'),
  shell: z.array(text).min(1).max(200).optional().describe('Program and arguments, on a command line --shell -- df -h'),
  script: text.optional().describe('For sh -c'),
  claude: text.optional().describe('A prompt'),
  webhook: z.url().max(2_000).optional(),
  skill: z.string().min(1).max(60).optional(),
};
const misfire = z.enum(['once', 'all', 'skip']);
const overlap = z.enum(['skip', 'queue', 'cancel', 'allow']);
const settings = {
  deadlineSeconds: seconds(86_400),
  tools: z.array(toolName).min(1).max(50),
  tokens: seconds(100_000_000),
  output,
};

export const jobView = z.object({
  id: z.string(),
  name: z.string(),
  schedule: z.string(),
  timezone: z.string(),
  nextAt: z.string().optional(),
  paused: z.boolean(),
  pausedBecause: z.string().optional(),
  failures: z.number().describe('In a row'),
  misfire,
  lateBySeconds: z.number(),
  overlap,
  retries: z.number(),
  retrySeconds: z.number(),
  pauseAfter: z.number(),
  deadlineSeconds: z.number().optional(),
  tools: z.array(z.string()).optional(),
  tokens: z.number().optional(),
  output: output.optional(),
  steps: z.array(step.extend({ id: z.string() })),
});
type JobView = z.output<typeof jobView>;

/** A job as the engine has it: times in ms. */
type Known = Omit<JobView, 'nextAt' | 'lateBySeconds' | 'retrySeconds' | 'deadlineSeconds' | 'pausedBecause'> & {
  nextAt: number | undefined;
  pausedBecause: string | undefined;
  lateByMs: number;
  retryMs: number;
  deadlineMs?: number | undefined;
};

export function viewOf({ nextAt, pausedBecause, lateByMs, retryMs, deadlineMs, ...known }: Known): JobView {
  return jobView.parse({
    ...known,
    lateBySeconds: lateByMs / 1_000,
    retrySeconds: retryMs / 1_000,
    ...(deadlineMs !== undefined && { deadlineSeconds: deadlineMs / 1_000 }),
    ...(nextAt !== undefined && { nextAt: isoTime(nextAt) }),
    ...(pausedBecause !== undefined && { pausedBecause }),
  });
}

interface Seconds {
  lateBySeconds?: number | undefined;
  retrySeconds?: number | undefined;
  deadlineSeconds?: number | undefined;
}

/** The same in ms, as the engine takes it. */
export const inMs = <Given extends Seconds>({ lateBySeconds, retrySeconds, deadlineSeconds, ...rest }: Given) => ({
  ...rest,
  ...(lateBySeconds !== undefined && { lateByMs: lateBySeconds * 1_000 }),
  ...(retrySeconds !== undefined && { retryMs: retrySeconds * 1_000 }),
  ...(deadlineSeconds !== undefined && { deadlineMs: deadlineSeconds * 1_000 }),
});

const stateOf = ({ paused, pausedBecause, nextAt }: JobView): string =>
  paused ? `paused${pausedBecause === undefined ? '' : `: ${pausedBecause}`}` : `next ${nextAt ?? 'never'}`;
export const lineOf = (one: JobView): string => `${one.id} ${one.name}: ${one.schedule} (${one.timezone}), ${stateOf(one)}`;

/** What a job is, as text, without how it is doing. */
export const lastingOf = ({ nextAt: _, paused: __, pausedBecause: ___, failures: ____, ...job }: JobView): string => JSON.stringify(job);

/** What cron_add takes. */
export const newJob = z.object({
  schedule,
  timezone,
  name: z.string().min(1).max(100).optional(),
  ...jobBody,
  misfire: misfire.default('once').describe('Late firings: run the latest, all, none'),
  lateBySeconds: seconds(31_536_000).default(3_600).describe('Most lateness that once forgives'),
  overlap: overlap.default('skip').describe('While the one before still runs'),
  retries: z.number().int().min(0).max(10).default(0),
  retrySeconds: seconds(3_600).default(10).describe('Before the first retry; then doubled'),
  pauseAfter: z.number().int().min(0).max(1_000).default(10).describe('Failures in a row; 0: never'),
  deadlineSeconds: settings.deadlineSeconds.optional(),
  tools: settings.tools.optional().describe('The only ones it may call'),
  tokens: settings.tokens.optional().describe('Most per firing'),
  output: output.optional(),
});

type Body = Pick<z.output<typeof newJob>, 'tool' | 'input' | 'steps' | 'shell' | 'script' | 'claude' | 'webhook' | 'skill' | 'output'>;

/** The calls that a job will make, as far as they are written down. */
export const callsOf = ({ tool, input: given = {}, steps = [], shell, script, claude, webhook, skill }: Body) => [
  ...steps,
  ...(tool === undefined ? [] : [{ tool, input: given }]),
  ...(shell === undefined ? [] : [{ tool: 'shell_run', input: { command: shell } }]),
  ...(script === undefined ? [] : [{ tool: 'shell_run', input: { script } }]),
  ...(claude === undefined ? [] : [{ tool: 'llm_prompt', input: { prompt: claude } }]),
  ...(webhook === undefined ? [] : [{ tool: 'http_request', input: { method: 'POST', url: webhook } }]),
  ...(skill === undefined ? [] : [{ tool: 'skill_run', input: { name: skill, input: given } }]),
];

/** The file that a job's results go to. */
export const resultFile = ({ output: to }: Pick<Body, 'output'>): string[] => (to?.file === undefined ? [] : [to.file]);

/** What a job may do without. */
const settable = ['deadlineSeconds', 'tools', 'tokens', 'output'] as const;

/** What cron_update takes: what is not named stays. */
export const jobChange = z.object({
  id: jobId,
  schedule: schedule.optional(),
  timezone,
  name: z.string().min(1).max(100).optional(),
  ...jobBody,
  misfire: misfire.optional(),
  lateBySeconds: seconds(31_536_000).optional(),
  overlap: overlap.optional(),
  retries: z.number().int().min(0).max(10).optional(),
  retrySeconds: seconds(3_600).optional(),
  pauseAfter: z.number().int().min(0).max(1_000).optional(),
  deadlineSeconds: settings.deadlineSeconds.optional(),
  tools: settings.tools.optional(),
  tokens: settings.tokens.optional(),
  output: output.optional(),
  clear: z.array(z.enum(settable)).max(4).optional().describe('Settings to take away'),
});

/** The change that gives the named fields of a job back what they were. */
export function earlierOf(before: z.output<typeof jobView>, named: string[]): Omit<z.output<typeof jobChange>, 'id'> {
  const fields = new Set(named.map((field) => (field in jobBody ? 'steps' : field)));
  // A schedule may have brought its timezone with it.
  if (fields.has('schedule')) fields.add('timezone');
  const clear = settable.filter((field) => fields.has(field) && before[field] === undefined);
  const kept = Object.entries(before).filter(([field]) => fields.has(field) && field !== 'id');
  return { ...(Object.fromEntries(kept) as Partial<typeof before>), ...(clear.length > 0 && { clear }) };
}
