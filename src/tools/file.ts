import path from 'node:path';
import { z } from 'zod';
import { offsetAfter, offsetOf, page, pageOf, paging } from '../core/paging.ts';
import { defineTool } from '../core/tool.ts';

const file = z.string().min(1).max(4_096);

export const fileRead = defineTool({
  name: 'file_read',
  title: 'Read a file',
  description: 'Read a text file inside the allowed folders.',
  risk: 'read',
  effects: { readsPrivate: true },
  input: z.object({
    path: file,
    firstLine: z.number().int().min(1).max(10_000_000).default(1),
    lines: z.number().int().min(1).max(10_000).default(2_000),
    fromEnd: z.boolean().default(false).describe('The last lines'),
  }),
  output: z.object({
    path: z.string(),
    text: z.string(),
    firstLine: z.number(),
    totalLines: z.number(),
    sizeBytes: z.number(),
    sha256: z.string(),
  }),
  paths: ['path'],
  slots: { path: 'path', lines: 'number' },
  words: { fromEnd: { true: ['last', 'tail', 'end', 'latest'] } },
  examples: [
    'read /var/log/syslog',
    'show me the file notes.txt',
    'what is in ~/todo.md',
    'cat config.yaml',
    'open README.md and show its content',
    'print the first 20 lines of server.log',
    'the last 10 lines of app.log',
    'tail /var/log/app.log',
    'read it back to me',
    'display the contents of /tmp/report.txt',
    'let me see ~/projects/plan.md',
    'what does package.json say',
    'view the file settings.json',
    'show me both files',
  ],
  run: async (ctx, { path, firstLine, lines, fromEnd }) => {
    const found = await ctx.files.read(path, { firstLine, lines, fromEnd });
    if (ctx.origins.isTainted(found)) ctx.touched({ readsUntrusted: true });
    return found;
  },
  content: ({ text }) => text,
  summary: ({ text }) => text,
});

/** What tells a wish for changed files from a mere "today". */
const changing = '(?:changed|modified|edited|new|created|added|touched)(?: since| in the)?';

/** The first moment of today or yesterday here, or so many days ago. */
function beginningOf(period: 'today' | 'yesterday' | 'week' | 'month'): number {
  const day = new Date();
  day.setHours(0, 0, 0, 0);
  day.setDate(day.getDate() - { today: 0, yesterday: 1, week: 7, month: 30 }[period]);
  return day.getTime();
}

export const fileList = defineTool({
  name: 'file_list',
  title: 'List files',
  description: 'List a folder inside the allowed ones, with sizes and dates, by pattern: * is the folder, **/*.log everything below.',
  risk: 'read',
  effects: { readsPrivate: true },
  input: z.object({
    path: file.default('.'),
    pattern: z.string().min(1).max(500).default('*'),
    sortBy: z.enum(['name', 'size', 'modified']).default('name').describe('Largest or newest first'),
    changed: z.enum(['today', 'yesterday', 'week', 'month']).optional().describe('Only what changed since then'),
    ...paging,
  }),
  output: pageOf(
    z.object({ path: z.string(), kind: z.enum(['file', 'folder', 'link', 'other']), sizeBytes: z.number(), modifiedAt: z.string() }),
  ).extend({ path: z.string() }),
  paths: ['path'],
  slots: { path: 'folder', pattern: 'pattern' },
  words: {
    pattern: { '**/*': ['subfolders', 'recursively', 'recursive', 'everything in there', 'everything below'] },
    sortBy: {
      size: ['biggest', 'largest', 'big', 'large', 'size', 'sizes', 'space'],
      modified: ['newest', 'latest', 'recent', 'recently', 'last changed', 'modified', 'when'],
    },
    changed: {
      today: [`${changing} today`],
      yesterday: [`${changing} yesterday`],
      week: [`${changing} (?:this|last|past) week`],
      month: [`${changing} (?:this|last|past) month`],
    },
  },
  examples: [
    'list the files in /tmp',
    "what's in /var/www",
    'what files are in ~/projects',
    'show the folder /var/log',
    'list all *.log files in /var/log',
    'which files are here',
    'what is in the directory ~/Downloads',
    "what's in the folder backups, including subfolders, biggest first",
    'find every .md file under ~/notes',
    'are there any pdf files in ~/Documents',
    'which file in /var/log is the biggest one there',
    'how big is the file backup.tar',
    'when was notes.txt last modified',
    'list everything in /srv/data with sizes',
    'look in /etc',
    "tell me what's in /srv/data",
    'check that report.pdf is really there',
    'ls /etc',
    'which files changed today',
  ],
  cursorAfter: offsetAfter,
  run: async (ctx, { path, pattern, sortBy, changed, limit, cursor }) => {
    const changedSince = changed && beginningOf(changed);
    const found = await ctx.files.list(path, { pattern, sortBy, changedSince, limit, offset: offsetOf(cursor) });
    return { path: found.path, ...page(found.items, { limit, cursor }) };
  },
  content: ({ items }) => items.map((item) => item.path).join('\n'),
  summary: ({ path, items, nextCursor }) => `${path}: ${items.map(listed).join(', ') || 'nothing'}${nextCursor ? ' …' : ''}`,
});

const listed = ({ path, kind, sizeBytes }: { path: string; kind: string; sizeBytes: number }): string =>
  kind === 'folder' ? `${path}/` : `${path} (${sized(sizeBytes)})`;

function sized(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = bytes === 0 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${step === 0 ? bytes : (bytes / 1024 ** step).toFixed(1)} ${units[step]}`;
}

export const fileSearch = defineTool({
  name: 'file_search',
  title: 'Search in files',
  description: 'Find and count the lines that contain a text, in a file or in all files below a folder.',
  risk: 'read',
  effects: { readsPrivate: true },
  input: z.object({
    path: file.default('.'),
    text: z.string().min(1).max(1_000),
    pattern: z.string().min(1).max(500).default('**/*').describe('Which files of a folder'),
    ignoreCase: z.boolean().default(true),
    limit: z.number().int().min(1).max(200).default(50),
  }),
  output: z.object({
    path: z.string(),
    items: z.array(z.object({ path: z.string(), line: z.number(), text: z.string() })),
    matches: z.number().describe('All matching lines'),
    files: z.number().describe('Files with a match'),
    searched: z.number(),
    passedOver: z.number().describe('Files that are too large or not text'),
  }),
  paths: ['path'],
  slots: { path: 'path', text: 'needle', pattern: 'pattern' },
  examples: [
    'find every file under ~/notes that mentions invoice',
    'which files in /srv contain "TODO"',
    'count the lines with ERROR in app.log',
    'how many times does "timeout" occur in /var/log/syslog',
    'how many lines with WARN are in the file server.log',
    'grep for "listen" in /etc/nginx',
    'search all files in ~/docs for the word budget',
    'does config.yaml contain the word password',
    'look for lines that say "disk full" in the log messages.log',
    'find the text "10.0.0.5" in ~/network',
    'find any file that has the word secret in it',
  ],
  run: async (ctx, { path: folder, ...query }) => {
    const result = await ctx.files.search(folder, { ...query, signal: ctx.signal });
    const paths = [result.path, ...result.items.map((item) => path.resolve(result.path, item.path))];
    if (paths.some((one) => ctx.origins.isTainted({ path: one }))) ctx.touched({ readsUntrusted: true });
    return result;
  },
  content: ({ items, matches }) => `${matches}\n${items.map(found).join('\n')}`,
  summary: ({ items, matches, files, searched }) =>
    [`${matches} matching lines in ${files} of ${searched} files.`, ...items.map(found)].join('\n'),
});

const found = ({ path, line, text }: { path: string; line: number; text: string }): string => `${path}:${line}: ${text}`;
