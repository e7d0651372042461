import { z } from 'zod';
import { isoTime } from '../core/clock.ts';
import { defineTool, type Change, type Evidence, type ToolContext } from '../core/tool.ts';
import { fileEvents, nameFor, ruleShape } from '../core/watcher-rule.ts';

const shape = ruleShape();
const name = shape.name;
const actions = ['copy', 'move', 'shell', 'script', 'skill', 'workflow', 'tool', 'steps'] as const;

/** As people say it: copy or move, and where to. */
const spoken = {
  then: z.enum(['copy', 'move']).optional().describe('With to: in place of copy or move'),
  to: z.string().min(1).max(4_096).optional(),
};
const rule = z.object({ ...shape, ...spoken, name: name.optional().describe('By default after the folder and the glob') });

const plain = ({ then, to, ...given }: z.output<typeof rule>): Omit<z.output<typeof rule>, 'then' | 'to'> =>
  then === undefined ? given : { ...given, [then]: to };

const input = rule
  .refine(({ then, to }) => (then === undefined) === (to === undefined), { message: 'then and to go together', path: ['then'] })
  .refine((given) => [...actions, 'then' as const].filter((action) => given[action] !== undefined).length === 1, {
    message: `give exactly one of ${actions.join(', ')}, or then with to`,
    path: ['copy'],
  });

const named = (given: z.output<typeof rule>): ReturnType<typeof plain> & { name: string } => ({
  ...plain(given),
  name: given.name ?? nameFor(given),
});

const found = (ctx: ToolContext, wanted: string) => ctx.watchers.list().rules.find((one) => one.rule.name === wanted);

const isThere = (ctx: ToolContext, wanted: string, expected: boolean): Evidence => {
  const there = found(ctx, wanted) !== undefined;
  return {
    check: `watchers.yaml ${expected ? 'has' : 'no longer has'} ${wanted}`,
    ok: there === expected,
    found: there ? 'a rule' : 'no rule',
  };
};

const isPaused = (ctx: ToolContext, wanted: string, expected: boolean): Evidence => {
  const paused = found(ctx, wanted)?.state?.pausedAt !== undefined;
  return { check: `${wanted} is ${expected ? 'paused' : 'not paused'}`, ok: paused === expected, found: paused ? 'paused' : 'not paused' };
};

export const watcherAdd = defineTool({
  name: 'watcher_add',
  title: 'Watch a folder',
  description:
    'Add a rule to watchers.yaml: what happens to files in a folder starts one action, once for each content. Values: ${{ file.path }}, file.name, file.stem, file.extension, file.folder, file.relative, file.from, file.size, file.sha256, event.',
  risk: 'write',
  effects: { persists: true },
  writes: ({ copy, move, to }) => [copy, move, to].filter((folder) => folder !== undefined),
  later: ({ tool, input: given = {}, steps = [], shell, script, skill, workflow }) => [
    ...steps,
    ...(tool === undefined ? [] : [{ tool, input: given }]),
    ...(shell === undefined ? [] : [{ tool: 'shell_run', input: { command: shell } }]),
    ...(script === undefined ? [] : [{ tool: 'shell_run', input: { script } }]),
    ...(skill === undefined ? [] : [{ tool: 'skill_run', input: { name: skill, input: given } }]),
    ...(workflow === undefined ? [] : [{ tool: 'workflow_run', input: { name: workflow, inputs: given } }]),
  ],
  input,
  output: z.object({ name: z.string(), path: z.string(), calls: z.array(z.string()), watching: z.boolean() }),
  paths: ['path', 'copy', 'move', 'to'],
  slots: { path: 'folder', to: 'destination', glob: 'pattern' },
  words: {
    then: { copy: ['copy', 'copies'], move: ['move', 'moves'] },
    events: { deleted: ['deleted', 'removed'], modified: ['changed', 'modified', 'edited'], moved: ['renamed'] },
  },
  examples: [
    'watch /srv/inbox for new pdf files and copy them to /srv/archive',
    'watch ~/Downloads for new zip files and move them to /srv/zips',
    'watch /srv/inbox for new pdf files',
    'watch the folder ~/Downloads for new files',
    'watch /srv/scans and copy each new file to /srv/backup',
    'react to new csv files in /data/import',
    'keep an eye on the folder /srv/uploads and act on new files',
    'add a file watcher for /etc/nginx',
  ],
  run: async (ctx, given) => {
    const { name: added, path, actions: calls } = await ctx.watchers.add(named(given));
    return { name: added, path, calls: calls.map(({ tool }) => tool), watching: ctx.watchers.list().watching };
  },
  verify: (ctx, _input, output) => [isThere(ctx, output.name, true)],
  undo: (_input, output) => ({ tool: 'watcher_remove', input: { name: output.name } }),
  dryRun: async (ctx, given): Promise<Change[]> => {
    const ready = await ctx.watchers.check(named(given));
    const calls = ready.actions.map(({ tool, input: arguments_ }) => `${tool} ${JSON.stringify(arguments_)}`);
    return [
      { action: 'create', target: `watcher ${ready.name}`, after: `${ready.events.join(', ')} in ${ready.path}: ${calls.join('; ')}` },
    ];
  },
  summary: ({ name: added, path, calls, watching }) =>
    `${added} watches ${path} and calls ${calls.join(', ')}.${watching ? '' : ' It begins once claw serve runs.'}`,
});

export const watcherList = defineTool({
  name: 'watcher_list',
  title: 'List file watchers',
  description: 'The rules that watch folders: how often each has fired, when last, whether it is paused, what is wrong.',
  risk: 'read',
  input: z.object({}),
  output: z.object({
    watching: z.boolean().describe('This process watches'),
    error: z.string().optional().describe('What is wrong with watchers.yaml; the last good rules stay in force'),
    items: z.array(
      z.object({
        name: z.string(),
        path: z.string(),
        glob: z.string(),
        events: z.array(z.string()),
        firings: z.number(),
        lastFired: z.string().optional(),
        lastPath: z.string().optional(),
        lastRun: z.string().optional(),
        paused: z.string().optional().describe('Why'),
        error: z.string().optional(),
      }),
    ),
  }),
  examples: [
    'list the file watchers',
    'which folders are watched',
    'show all watchers',
    'when did the watchers last fire',
    'are any watchers paused',
    'what watcher rules are there',
  ],
  run: (ctx) => {
    const { rules, watching, error } = ctx.watchers.list();
    const items = rules.map(({ rule: { name: listed, path, glob, events }, state }) => ({
      name: listed,
      path,
      glob,
      events,
      firings: state?.firings ?? 0,
      ...(state?.lastFired !== undefined && { lastFired: isoTime(state.lastFired) }),
      lastPath: state?.lastPath,
      lastRun: state?.lastRun,
      paused: state?.pausedWhy,
      error: state?.error,
    }));
    return { watching, error, items };
  },
  summary: ({ items, error }) =>
    [
      error && `watchers.yaml is broken: ${error}`,
      ...items.map(
        (item) =>
          `${item.name}: ${item.path} ${item.glob} (${item.events.join(', ')}), fired ${item.firings} times${item.paused ? `, paused (${item.paused})` : ''}${item.error ? `, ${item.error}` : ''}`,
      ),
      items.length === 0 && 'No folder is watched.',
    ]
      .filter(Boolean)
      .join('\n'),
});

export const watcherRemove = defineTool({
  name: 'watcher_remove',
  title: 'Remove a file watcher',
  description: 'Take a rule out of watchers.yaml. Runs that it has started go on.',
  risk: 'write',
  input: z.object({ name: name.describe('As shown by watcher_list') }),
  output: z.object({ name: z.string(), rule: z.record(z.string(), z.unknown()).describe('As it was written') }),
  slots: { name: 'watcher' },
  examples: [
    'remove the watcher "inbox-pdf"',
    'delete the file watcher "scans"',
    'do not watch the folder of the rule "uploads" any more',
    'get rid of the watcher "inbox"',
    'drop the watcher rule "scans"',
  ],
  run: (ctx, given) => ({ name: given.name, rule: ctx.watchers.remove(given.name) }),
  verify: (ctx, given) => [isThere(ctx, given.name, false)],
  undo: (_input, output) => ({ tool: 'watcher_add', input: output.rule }),
  dryRun: (_ctx, given) => [{ action: 'delete', target: `watcher ${given.name}` }],
  summary: ({ name: removed }) => `Removed the watcher ${removed}.`,
});

const pausing = z.object({ name: z.string(), changed: z.boolean() });

export const watcherPause = defineTool({
  name: 'watcher_pause',
  title: 'Pause a file watcher',
  description: 'Stop a rule for a while. What changes meanwhile is caught up with when it is resumed.',
  risk: 'write',
  input: z.object({ name: name.describe('As shown by watcher_list') }),
  output: pausing,
  slots: { name: 'watcher' },
  examples: [
    'pause the watcher "inbox-pdf"',
    'hold the file watcher "scans" for now',
    'suspend the watcher "uploads"',
    'pause watching with the rule "inbox"',
    'put the watcher "scans" on hold',
  ],
  run: (ctx, given) => ({ name: given.name, changed: ctx.watchers.pause(given.name) }),
  verify: (ctx, given) => [isPaused(ctx, given.name, true)],
  undo: (_input, { name: paused, changed }) => (changed ? { tool: 'watcher_resume', input: { name: paused } } : undefined),
  dryRun: (_ctx, given) => [{ action: 'update', target: `watcher ${given.name}`, after: 'paused' }],
  summary: ({ name: paused, changed }) => `${paused} is paused${changed ? '' : ' already'}.`,
});

export const watcherResume = defineTool({
  name: 'watcher_resume',
  title: 'Resume a file watcher',
  description: 'Let a paused rule go on, and catch up with what changed meanwhile.',
  risk: 'write',
  effects: { persists: true },
  input: z.object({ name: name.describe('As shown by watcher_list') }),
  output: pausing,
  slots: { name: 'watcher' },
  examples: [
    'resume the watcher "inbox-pdf"',
    'let the file watcher "scans" go on',
    'continue the watcher "uploads"',
    'unpause the watcher "inbox"',
    'start the paused watcher "scans" again',
  ],
  run: (ctx, given) => ({ name: given.name, changed: ctx.watchers.resume(given.name) }),
  verify: (ctx, given) => [isPaused(ctx, given.name, false)],
  undo: (_input, { name: resumed, changed }) => (changed ? { tool: 'watcher_pause', input: { name: resumed } } : undefined),
  dryRun: (_ctx, given) => [{ action: 'update', target: `watcher ${given.name}`, after: 'watching' }],
  summary: ({ name: resumed, changed }) => `${resumed} ${changed ? 'goes on' : 'was not paused'}.`,
});

export const watcherTest = defineTool({
  name: 'watcher_test',
  title: 'Test file watchers',
  description: 'Which rules would fire for a path, and why the others would not. Nothing is started.',
  risk: 'read',
  input: z.object({ path: z.string().min(1).max(4_096), event: z.enum(fileEvents).optional() }),
  output: z.object({ items: z.array(z.object({ rule: z.string(), events: z.array(z.string()), why: z.string() })) }),
  paths: ['path'],
  slots: { path: 'path' },
  words: {
    event: {
      created: ['created', 'new', 'appears'],
      deleted: ['deleted', 'removed'],
      modified: ['modified', 'changed'],
      moved: ['moved', 'renamed'],
    },
  },
  examples: [
    'which watchers would fire for /srv/inbox/a.pdf',
    'test the file watchers with /srv/inbox/new.csv',
    'would a watcher react to /srv/scans/page.png',
    'why does no watcher fire for /srv/inbox/a.txt',
    'check the watcher rules against /data/import/b.csv',
  ],
  run: async (ctx, { path, event }) => ({ items: await ctx.watchers.test(path, event) }),
  summary: ({ items }) =>
    items
      .map(({ rule: tested, events, why }) => `${tested}: ${events.length > 0 ? `fires on ${events.join(', ')}` : 'does not fire'}, ${why}`)
      .join('\n') || 'No folder is watched.',
});
