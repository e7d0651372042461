import { z } from 'zod';

/** Where the published schema is, for editors and error messages. */
export const watcherSchemaFile = 'docs/schemas/watchers.schema.json';

export const fileEvents = ['created', 'modified', 'deleted', 'moved'] as const;
export type FileEvent = (typeof fileEvents)[number];

/** Half-written, hidden and editors' files. */
export const usuallyIgnored = ['.*', '*~', '*.part', '*.partial', '*.crdownload', '*.tmp', '*.swp'];

const text = (): z.ZodString => z.string().min(1).max(4_096);
const input = () => z.record(z.string().min(1).max(100), z.unknown());

/** One rule, in watchers.yaml and as the input of watcher_add. */
export const ruleShape = () => ({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'is small letters, digits and dashes, as scans-to-archive')
    .describe('What the rule is called'),
  path: text().describe('The folder to watch, with all below it'),
  glob: text().default('*').describe('Which files: *.pdf at any depth, or with a slash from the folder on'),
  events: z.array(z.enum(fileEvents)).min(1).max(4).default(['created']),
  ignore: z.array(text()).max(100).default(usuallyIgnored).describe('Globs of files and folders to leave alone'),
  settleMs: z.number().int().min(50).max(3_600_000).default(2_000).describe('How long a file must not change before it counts'),
  polling: z.boolean().default(false).describe('Look again and again, for network shares'),
  pollMs: z.number().int().min(100).max(3_600_000).default(5_000).describe('How often with polling'),
  depth: z.number().int().min(0).max(100).default(20).describe('Folders below the first'),
  maxFiles: z.number().int().min(1).max(1_000_000).default(100_000).describe('Above that the rule stops with an error'),
  existing: z.boolean().default(false).describe('Also the files that are there when the rule is added'),
  ownWrites: z.boolean().default(false).describe("Also what claw's own tools write"),
  maxPerMinute: z.number().int().min(1).max(1_000).default(10).describe('More firings on one path pause the rule'),
  copy: text().optional().describe('Action: copy the file into this folder'),
  move: text().optional().describe('Action: move the file into this folder'),
  overwrite: z.boolean().default(false).describe('With copy: replace what is there'),
  shell: z.array(text()).min(1).max(100).optional().describe('Action: program and arguments; $WATCHED_FILE is set too'),
  script: z.string().min(1).max(20_000).optional().describe('Action: a line for sh -c; the file is "$WATCHED_FILE"'),
  skill: text().optional().describe('Action: run this skill'),
  workflow: text().optional().describe('Action: run this workflow'),
  tool: text().optional().describe('Action: call this tool'),
  input: input().optional().describe('For tool, skill and workflow; takes ${{ file.path }} and the like'),
  steps: z
    .array(z.strictObject({ tool: text(), input: input().default({}) }))
    .min(1)
    .max(20)
    .optional()
    .describe('Action: several calls, one after the other'),
});

const fileSchema = () =>
  z.strictObject({
    rules: z.array(z.strictObject(ruleShape())).max(200).default([]).describe('Each rule watches one folder and has exactly one action'),
  });

let made: ReturnType<typeof fileSchema> | undefined;

/** watchers.yaml. Made when it is first needed: most have no such file. */
export const watchersSchema = (): ReturnType<typeof fileSchema> => (made ??= fileSchema());

export type WatcherRule = z.output<ReturnType<typeof fileSchema>>['rules'][number];
/** As a person writes it: what has a default may be absent. */
export type WrittenRule = NonNullable<z.input<ReturnType<typeof fileSchema>>['rules']>[number];

/** What a rule is called that nobody has named: after its folder and its glob. */
export function nameFor({ path, glob }: Pick<WatcherRule, 'path' | 'glob'>): string {
  const words = `${path.split('/').filter(Boolean).at(-1) ?? 'root'} ${glob}`.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return words.join('-').slice(0, 60) || 'watcher';
}
