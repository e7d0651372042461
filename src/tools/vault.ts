import { z } from 'zod';
import { isOpenSetting } from '../core/config.ts';
import { longestSecret, secretName } from '../core/secret.ts';
import { pageOf, paging } from '../core/paging.ts';
import { defineTool, type Evidence, type ToolCall, type ToolContext } from '../core/tool.ts';

const value = z.string().max(longestSecret).optional();
const names = z.array(secretName).max(200).optional();
const generation = z.number().int().min(0).max(1_000_000_000);
const written = { generation: z.number(), before: z.number().describe('The generation before') };

const back = (before: number, changed?: string[]): ToolCall => ({
  tool: 'vault_restore',
  input: { generation: before, ...(changed && { names: changed }) },
});

async function holds(ctx: ToolContext, name: string, expected: boolean): Promise<Evidence> {
  const isThere = await ctx.vault.has(name);
  const found = isThere ? 'it is there' : 'it is not there';
  return { check: `vault.age ${expected ? 'holds' : 'no longer holds'} ${name}`, ok: isThere === expected, found };
}

export const vaultSet = defineTool({
  name: 'vault_set',
  title: 'Keep a secret',
  description:
    'Store a secret, or change what it may be used for. Nobody can read it back; tools take it as {"$secret":name}. The owner enters a value unseen: claw vault set NAME.',
  risk: 'write',
  input: z.object({
    name: secretName,
    value,
    hosts: z.array(z.string().max(260)).max(50).optional().describe('Where it may go: api.example.com, *.example.com; [] is anywhere'),
    tools: z.array(z.string().max(60)).max(50).optional().describe('Tools that may use it; [] is any'),
    rotateEveryDays: z.number().int().min(0).max(3_650).optional().describe('Warn when the value gets older; 0 is never'),
  }),
  output: z.object({ name: z.string(), change: z.enum(['created', 'replaced', 'ruled']), ...written }),
  secretFields: ({ name }) => (isOpenSetting(name) ? [] : ['value']),
  slots: { rotateEveryDays: 'number' },
  examples: [
    'keep a secret called "github-token"',
    'put a new secret "nas-password" into the vault',
    'store a credential named "smtp" in the vault',
    'add a secret "api-key" to the vault',
    'save a token as "grafana" in the vault',
    'the vault secret "db" should be rotated every 90 days',
  ],
  run: (ctx, { name, ...edit }) => ctx.vault.set(name, edit, ctx.caller),
  verify: async (ctx, { name }) => [await holds(ctx, name, true)],
  undo: (_input, { name, before }) => back(before, [name]),
  dryRun: async (ctx, { name, hosts, tools, rotateEveryDays }) => [
    {
      action: (await ctx.vault.has(name)) ? 'update' : 'create',
      target: `secret ${name}`,
      after: JSON.stringify({ hosts, tools, rotateEveryDays }),
    },
  ],
  summary: ({ name, change }) => `Secret ${name} ${change === 'ruled' ? 'has its new rule' : `was ${change}`}.`,
});

const secret = z.object({
  name: z.string(),
  tools: z.array(z.string()).optional(),
  hosts: z.array(z.string()).optional(),
  rotateEveryDays: z.number().optional(),
  rotateBy: z.string().optional(),
  rotation: z.enum(['none', 'fresh', 'due', 'overdue']),
  createdAt: z.string(),
  changedAt: z.string(),
  isSetting: z.boolean(),
});

export const vaultList = defineTool({
  name: 'vault_list',
  title: 'List secrets',
  description: 'Names of the secrets in the vault, what each may be used for, when it should be rotated. Never a value.',
  risk: 'read',
  input: z.object(paging),
  output: pageOf(secret),
  slots: { limit: 'number' },
  examples: [
    'which secrets are in the vault',
    'list the secrets',
    'what credentials do you keep',
    'show the names in the vault',
    'which passwords are stored',
    'what is in the vault',
  ],
  run: async (ctx, { limit, cursor }) => {
    const all = (await ctx.vault.list()).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const rest = cursor === undefined ? all : all.filter(({ name }) => name > cursor);
    const items = rest.slice(0, limit);
    return { items, ...(rest.length > limit && { nextCursor: items.at(-1)!.name }) };
  },
  cursorAfter: (count, { output }) => output.items[count - 1]!.name,
  summary: ({ items }) =>
    items.map(({ name, rotation }) => (/due/.test(rotation) ? `${name} (rotation ${rotation})` : name)).join(', ') || 'No secrets.',
});

export const vaultDelete = defineTool({
  name: 'vault_delete',
  title: 'Delete a secret',
  description: 'Take a secret out of the vault.',
  risk: 'destructive',
  input: z.object({ name: secretName }),
  output: z.object({ name: z.string(), ...written }),
  slots: { name: 'quoted' },
  examples: [
    'delete the secret "github-token"',
    'remove "nas-password" from the vault',
    'forget the credential "smtp"',
    'take the secret "api-key" out of the vault',
    'erase the stored token "grafana"',
  ],
  run: (ctx, { name }) => ctx.vault.delete(name),
  verify: async (ctx, { name }) => [await holds(ctx, name, false)],
  undo: (_input, { name, before }) => back(before, [name]),
  dryRun: (_ctx, { name }) => [{ action: 'delete', target: `secret ${name}` }],
  summary: ({ name }) => `Deleted the secret ${name}.`,
});

const states = [
  'ok',
  'empty',
  'wrong_identity',
  'no_identity',
  'locked',
  'damaged',
  'truncated',
  'rolled_back',
  'swapped',
  'missing',
] as const;

export const vaultStatus = defineTool({
  name: 'vault_status',
  title: 'State of the vault',
  description: 'Whether the vault can be read and is the newest that was seen, what is kept of it, which secrets are due for rotation.',
  risk: 'read',
  input: z.object({}),
  output: z.object({
    state: z.enum(states),
    generation: z.number().optional().describe('Of the file as it stands'),
    newestSeen: z.number(),
    secrets: z.number().optional(),
    settings: z.array(z.string()).optional().describe('Secrets that are settings of claw'),
    recipient: z.string().optional(),
    isProtected: z.boolean().optional().describe('identity.txt is behind a passphrase'),
    due: z.array(z.string()),
    overdue: z.array(z.string()),
    kept: z.array(z.object({ generation: z.number(), writtenAt: z.string() })),
    problem: z.object({ message: z.string(), hint: z.string() }).optional(),
  }),
  examples: [
    'is the vault all right',
    'check the vault',
    'status of the vault',
    'which secrets should be rotated',
    'has the vault file been changed by someone',
    'which generations of the vault are kept',
  ],
  run: (ctx) => ctx.vault.status(),
  summary: ({ state, secrets = 0, generation: present = 0, due, overdue, problem }) =>
    problem
      ? `${problem.message} ${problem.hint}`
      : [
          state === 'empty' ? 'The vault is empty.' : `${secrets} secrets, generation ${present}, all right.`,
          ...(due.length > 0 ? [`Due for rotation: ${due.join(', ')}.`] : []),
          ...(overdue.length > 0 ? [`Overdue: ${overdue.join(', ')}.`] : []),
        ].join(' '),
});

export const vaultRotate = defineTool({
  name: 'vault_rotate',
  title: 'Rotate a secret or the key',
  description: 'Give a secret a new value, or the vault a new key (identity), which also encrypts what is kept of it anew.',
  input: z
    .object({ name: secretName.optional(), value, identity: z.boolean().default(false).describe('The key of the vault instead') })
    .refine(({ name, identity }) => (name === undefined) === identity, 'give either name or identity')
    .refine(
      ({ name, value: given }) => (name === undefined) === (given === undefined),
      'a secret is rotated to a value: claw vault rotate NAME asks for it',
    ),
  output: z.object({ name: z.string().optional(), recipient: z.string().optional(), ...written }),
  risk: ({ identity }) => (identity ? 'destructive' : 'write'),
  secretFields: ['value'],
  timeoutMs: 120_000,
  slots: { name: 'quoted' },
  words: { identity: { true: ['key', 'identity', 're-key', 'rekey'] } },
  examples: [
    'rotate the secret "github-token"',
    'give the secret "nas-password" a new value',
    'rotate the key of the vault',
    're-key the vault',
    'the vault needs a new identity',
    'renew the credential "smtp"',
  ],
  run: async (ctx, { name, value: given, identity }) => {
    if (identity) return ctx.vault.rekey();
    const { before, generation: now } = await ctx.vault.rotate(name!, given!, ctx.caller);
    return { name, before, generation: now };
  },
  verify: async (ctx, { name }, { recipient }) => {
    if (name !== undefined) return [await holds(ctx, name, true)];
    const status = await ctx.vault.status();
    return [
      { check: 'the vault opens with the new key', ok: status.state === 'ok' && status.recipient === recipient, found: status.state },
    ];
  },
  undo: (_input, { name, before }) => (name === undefined ? undefined : back(before, [name])),
  dryRun: (_ctx, { name }) => [{ action: 'update', target: name === undefined ? 'key of the vault' : `secret ${name}` }],
  summary: ({ name, recipient }) => (name === undefined ? `The vault has the new key ${recipient}.` : `Secret ${name} has its new value.`),
});

export const vaultRestore = defineTool({
  name: 'vault_restore',
  title: 'Restore the vault',
  description: 'Bring back a kept generation of the vault, or single secrets as they were in it. 0 is the empty vault.',
  risk: 'destructive',
  input: z.object({ generation, names }),
  output: z.object(written),
  slots: { generation: 'number' },
  examples: [
    'restore generation 3 of the vault',
    'bring the vault back to generation 12',
    'go back to vault generation 7',
    'undo the damage to the vault with generation 4',
    'put generation 5 of the vault back',
  ],
  run: (ctx, { generation: then, names: chosen }) => ctx.vault.restore(then, chosen),
  verify: async (ctx) => {
    const { state } = await ctx.vault.status();
    return [{ check: 'the vault can be read', ok: state === 'ok', found: state }];
  },
  undo: ({ names: chosen }, { before }) => back(before, chosen),
  dryRun: (_ctx, { generation: then, names: chosen }) => [
    {
      action: 'update',
      target: chosen ? chosen.map((name) => `secret ${name}`).join(', ') : 'the whole vault',
      after: `as in generation ${then}`,
    },
  ],
  summary: ({ generation: now }) => `Restored; the vault is at generation ${now}.`,
});

const file = z.string().min(1).max(4_096);

export const vaultExport = defineTool({
  name: 'vault_export',
  title: 'Export secrets',
  description: 'Write secrets in plain text to a new .env file inside the allowed folders.',
  risk: 'destructive',
  only: ['owner'],
  input: z.object({ path: file, names }),
  output: z.object({ path: z.string(), names: z.array(z.string()) }),
  paths: ['path'],
  slots: { path: 'path' },
  examples: [
    'export the vault to secrets.env',
    'write all secrets to ~/backup.env',
    'export the secrets into a .env file at /tmp/all.env',
    'dump the vault to vault-export.env',
    'save the credentials of the vault as ~/keys.env',
  ],
  run: async (ctx, { path, names: chosen }) => ctx.vault.exportTo(await ctx.files.resolve(path), chosen),
  verify: async (ctx, _input, { path }) => {
    const found = await ctx.files.digest(path);
    return [{ check: `${path} is there`, ok: found !== undefined, found: found === undefined ? 'no file' : 'a file' }];
  },
  dryRun: (_ctx, { path, names: chosen }) => [
    { action: 'create', target: path, after: `${chosen?.join(', ') ?? 'every secret'} in plain text` },
  ],
  summary: ({ path, names: exported }) => `Wrote ${exported.length} secrets to ${path}, in plain text. Delete it when it has served.`,
});

export const vaultImport = defineTool({
  name: 'vault_import',
  title: 'Import secrets',
  description: 'Take the values of a .env file inside the allowed folders into the vault.',
  risk: 'write',
  effects: { readsPrivate: true },
  input: z.object({ path: file, overwrite: z.boolean().default(false).describe('Also those that are there already') }),
  output: z.object({ imported: z.array(z.string()), skipped: z.array(z.object({ name: z.string(), why: z.string() })), ...written }),
  paths: ['path'],
  slots: { path: 'path' },
  words: { overwrite: { true: ['overwrite', 'replace', 'replacing'] } },
  examples: [
    'import the secrets from app.env',
    'import ~/project/prod.env into the vault',
    'take the credentials in secrets.env into the vault',
    'load the file keys.env into the vault',
    'read old.env into the vault and replace what is there',
  ],
  run: async (ctx, { path, overwrite }) => ctx.vault.importFrom(await ctx.files.resolve(path), { overwrite, by: ctx.caller }),
  verify: async (ctx, _input, { imported }) => Promise.all(imported.map((name) => holds(ctx, name, true))),
  undo: (_input, { imported, before }) => (imported.length > 0 ? back(before, imported) : undefined),
  dryRun: (_ctx, { path }) => [{ action: 'update', target: 'the vault', after: `the values of ${path}` }],
  summary: ({ imported, skipped }) => `Imported ${imported.length} secrets, skipped ${skipped.length}.`,
});
