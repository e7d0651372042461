import { z } from 'zod';
import { isoTime } from '../core/clock.ts';
import { sourceName, sourceShape, withOneWay } from '../core/source-settings.ts';
import { defineTool, type Evidence, type ToolContext } from '../core/tool.ts';

const name = sourceName.describe('As in mcp.json');
const hash = z
  .string()
  .regex(/^[0-9a-f]{24}$/, 'is the hash that source_show gives')
  .describe('As source_show gives it: of what is approved, to the letter');

const view = z.object({
  name: z.string(),
  way: z.string().describe('The command or the address'),
  state: z.enum(['new', 'changed', 'waiting', 'ready', 'disabled', 'unseen']),
  hash: z.string(),
  about: z.string().optional().describe('What it calls itself'),
  seenAt: z.string().optional(),
  running: z.boolean(),
  approvalId: z.string().optional().describe('The question that waits for the owner'),
  problem: z.string().optional(),
  tools: z.array(
    z.object({
      name: z.string(),
      risk: z.enum(['read', 'write', 'destructive']),
      state: z.enum(['approved', 'new', 'changed', 'gone', 'denied']),
      description: z.string().optional().describe('In the words of the server'),
      doubt: z.string().optional(),
    }),
  ),
});

type Seen = Awaited<ReturnType<ToolContext['sources']['show']>>;
type Shown = z.output<typeof view>;

/** What is not approved yet is for the owner's eyes: a model would take it for instructions. */
const shown = ({ seenAt, isUp = false, tools, ...rest }: Seen, { caller }: ToolContext): Shown => ({
  ...rest,
  running: isUp,
  ...(seenAt !== undefined && { seenAt: isoTime(seenAt) }),
  tools: tools.map(({ tool: _tool, description, doubt, ...one }) => ({
    ...one,
    ...((caller.kind === 'owner' || one.state === 'approved') && { description }),
    ...(doubt !== undefined && { doubt }),
  })),
});

const next = ({ name: of, state, hash: now }: Shown): string | undefined =>
  state === 'waiting' || state === 'new' || state === 'changed' ? `Approve it with: claw source approve ${of} --hash ${now}` : undefined;

const inWords = (source: Shown): string =>
  [
    `${source.name}: ${source.state}, ${source.way}${source.about === undefined ? '' : ` (${source.about})`}`,
    source.problem,
    ...source.tools.map(
      (tool) =>
        `  ${tool.name} (${tool.risk}, ${tool.state}): ${(tool.description ?? '').replaceAll(/\s+/g, ' ').slice(0, 200)}${tool.doubt === undefined ? '' : ` [${tool.doubt}]`}`,
    ),
    next(source),
  ]
    .filter(Boolean)
    .join('\n');

const isThere = async (ctx: ToolContext, wanted: string, expected: boolean): Promise<Evidence[]> => {
  const there = (await ctx.sources.overview()).some((one) => one.name === wanted);
  return [
    { check: `mcp.json ${expected ? 'has' : 'no longer has'} ${wanted}`, ok: there === expected, found: there ? 'there' : 'not there' },
  ];
};

export const sourceList = defineTool({
  name: 'source_list',
  title: 'List MCP servers',
  description: 'The MCP servers of mcp.json whose tools claw may use: which are ready, which wait for approval, which run.',
  risk: 'read',
  input: z.object({}),
  output: z.object({
    error: z.string().optional().describe('What is wrong with mcp.json; the last good one stays in force'),
    items: z.array(
      view.pick({ name: true, state: true }).extend({
        tools: z.number().describe('That may be called'),
        waiting: z.number(),
        ...view.pick({ running: true, approvalId: true, way: true }).shape,
      }),
    ),
  }),
  examples: [
    'list the mcp servers',
    'which mcp servers are connected',
    'what tool sources are there',
    'show the external mcp servers',
    'is any mcp server waiting for approval',
    'which servers give claw tools',
  ],
  run: async (ctx) => {
    const items = (await ctx.sources.overview()).map((one) => {
      const { tools, name: of, state, running, approvalId, way } = shown(one, ctx);
      const count = (...states: string[]): number => tools.filter((tool) => states.includes(tool.state)).length;
      return { name: of, state, tools: count('approved'), waiting: count('new', 'changed'), running, approvalId, way };
    });
    return { items, error: ctx.sources.error() };
  },
  summary: ({ items, error }) =>
    [
      error && `mcp.json is broken: ${error}`,
      ...items.map(
        (one) =>
          `${one.name}: ${one.state}, ${one.tools} tools${one.waiting > 0 ? `, ${one.waiting} wait for approval` : ''}${one.running ? ', running' : ''}`,
      ),
      items.length === 0 && 'mcp.json has no servers.',
    ]
      .filter(Boolean)
      .join('\n'),
});

export const sourceShow = defineTool({
  name: 'source_show',
  title: 'Show an MCP server',
  description: 'An MCP server of mcp.json: its tools, with risk and whether they are approved, and the hash for source_approve.',
  risk: 'read',
  effects: { readsUntrusted: true },
  input: z.object({ name }),
  output: view,
  slots: { name: 'quoted' },
  examples: [
    'show the mcp server "github"',
    'which tools does the mcp server "github" have',
    'what does the tool source "notes" offer',
    'details of the mcp server "files"',
    'why does the mcp server "github" wait',
  ],
  run: async (ctx, given) => shown(await ctx.sources.show(given.name), ctx),
  summary: inWords,
});

export const sourceAdd = defineTool({
  name: 'source_add',
  title: 'Add an MCP server',
  description:
    'Add an MCP server to mcp.json, by command or url, and list its tools. They can be called once source_approve has let them in.',
  risk: 'write',
  effects: { persists: true, readsUntrusted: true, sends: true },
  asksOthers: 'It lets a program, or a server elsewhere, offer tools to claw.',
  // Nothing is called later, but all of it is kept: no secret is in it in clear.
  later: () => [],
  openWorld: true,
  input: withOneWay(z.object({ name, ...sourceShape() })),
  output: view,
  timeoutMs: 120_000,
  slots: { name: 'quoted', url: 'url' },
  examples: [
    'add the mcp server "docs" at https://mcp.example.com/mcp',
    'connect the mcp server "github" at https://api.example.com/mcp',
    'use the tools of the mcp server "wiki" at https://wiki.example.com/mcp',
    'register an mcp server called "notes" at http://127.0.0.1:9000/mcp',
    'add a tool source "weather" at https://weather.example.com/mcp',
  ],
  run: async (ctx, { name: added, ...settings }) => shown(await ctx.sources.add(ctx, added, settings), ctx),
  verify: (ctx, given) => isThere(ctx, given.name, true),
  undo: (given) => ({ tool: 'source_remove', input: { name: given.name } }),
  dryRun: (_ctx, { name: added, command, args = [], url }) => [
    { action: 'create', target: `the MCP server ${added} in mcp.json`, after: url ?? [command, ...args].join(' ') },
  ],
  summary: inWords,
});

export const sourceApprove = defineTool({
  name: 'source_approve',
  title: 'Approve an MCP server',
  description: 'Let the tools that an MCP server offers now be called: exactly those that source_show shows with this hash.',
  risk: 'write',
  idempotent: true,
  effects: { persists: true, readsUntrusted: true },
  asksOthers: 'It decides which tools of other servers may be called.',
  input: z.object({ name, hash, tools: z.array(z.string().min(1).max(200)).min(1).max(500).optional().describe('Only these') }),
  output: view.extend({
    approved: z.array(z.string()),
    started: z.boolean().describe('That it is started or reached was approved with it'),
  }),
  timeoutMs: 120_000,
  slots: { name: 'quoted' },
  examples: [
    'approve the mcp server "github"',
    'approve the tools of the mcp server "notes"',
    'allow the changed tools of the mcp server "github"',
    'let claw use the tools of the mcp server "docs"',
    'trust the new tools of the mcp server "wiki"',
  ],
  run: async (ctx, { name: of, hash: given, tools }) => {
    const { view: seen, way, tools: approved } = await ctx.sources.approve(ctx, of, { hash: given, tools });
    return { ...shown(seen, ctx), approved, started: way };
  },
  verify: async (ctx, given, { approved }) => {
    const { tools } = await ctx.sources.show(given.name);
    const isIn = approved.every((tool) => tools.some((one) => one.tool === tool && one.state === 'approved'));
    return [{ check: 'what was approved may be called', ok: isIn, found: `${approved.length} tools` }];
  },
  undo: ({ name: of }, { approved, started }) => ({ tool: 'source_revoke', input: { name: of, ...(!started && { tools: approved }) } }),
  dryRun: (ctx, given) => ctx.sources.changes(given.name),
  summary: inWords,
});

export const sourceRevoke = defineTool({
  name: 'source_revoke',
  title: 'Revoke an MCP server',
  description: 'Take back that an MCP server is approved, or some of its tools: they cannot be called until they are approved again.',
  risk: 'write',
  idempotent: true,
  input: z.object({ name, tools: z.array(z.string().min(1).max(200)).max(500).optional().describe('By the names the server gives them') }),
  output: view,
  slots: { name: 'quoted' },
  examples: [
    'revoke the approval of the mcp server "github"',
    'do not let claw call the mcp server "notes" any more',
    'block the tools of the mcp server "wiki"',
    'quarantine the mcp server "github"',
    'take back the approval of the mcp server "docs"',
  ],
  run: async (ctx, given) => shown(await ctx.sources.revoke(given.name, given.tools), ctx),
  verify: async (ctx, given) => {
    const { state, tools } = await ctx.sources.show(given.name);
    const left = tools.filter((one) => one.state === 'approved' && (given.tools === undefined || given.tools.includes(one.tool)));
    return [{ check: 'none of it may be called', ok: left.length === 0, found: state }];
  },
  dryRun: (_ctx, given) => [{ action: 'update', target: `the MCP server ${given.name}`, after: 'not approved' }],
  summary: inWords,
});

export const sourceRemove = defineTool({
  name: 'source_remove',
  title: 'Remove an MCP server',
  description: 'End an MCP server and take it out of mcp.json; its tools are gone, and so are their approvals.',
  risk: 'write',
  input: z.object({ name }),
  output: z.object({ name: z.string(), settings: z.record(z.string(), z.unknown()).describe('As mcp.json had them') }),
  slots: { name: 'quoted' },
  examples: [
    'remove the mcp server "github"',
    'disconnect the mcp server "notes"',
    'delete the tool source "weather"',
    'take the mcp server "docs" out of mcp.json',
    'get rid of the mcp server "wiki"',
  ],
  run: async (ctx, given) => ({ name: given.name, settings: await ctx.sources.remove(given.name) }),
  verify: (ctx, given) => isThere(ctx, given.name, false),
  undo: (_given, { name: removed, settings }) => ({ tool: 'source_add', input: { name: removed, ...settings } }),
  dryRun: (_ctx, given) => [{ action: 'delete', target: `the MCP server ${given.name} in mcp.json` }],
  summary: ({ name: removed }) => `Removed the MCP server ${removed}.`,
});

export const sourceTest = defineTool({
  name: 'source_test',
  title: 'Test an MCP server',
  description: 'Start or reach an MCP server now and list its tools: whether it works, what is new, what has changed.',
  risk: 'read',
  effects: { readsUntrusted: true, sends: true },
  openWorld: true,
  input: z.object({ name }),
  output: view,
  timeoutMs: 120_000,
  slots: { name: 'quoted' },
  examples: [
    'test the mcp server "github"',
    'check whether the mcp server "notes" works',
    'does the mcp server "docs" answer',
    'try to connect to the mcp server "wiki"',
    'ask the mcp server "github" for its tools again',
  ],
  run: async (ctx, given) => shown(await ctx.sources.test(ctx, given.name), ctx),
  summary: inWords,
});
