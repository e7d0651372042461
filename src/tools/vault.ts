import { z } from 'zod';
import { isOpenSetting } from '../core/config.ts';
import { longestSecret, secretName } from '../core/secret.ts';
import { pageOf, paging } from '../core/paging.ts';
import { defineTool } from '../core/tool.ts';
import { back, holds, ownersVault, written } from '../core/vault-shape.ts';

const value = z.string().max(longestSecret).optional();

export const vaultSet = defineTool({
  name: 'vault_set',
  title: 'Keep a secret',
  description:
    'Store a secret, or change what it may be used for. Nobody can read it back; tools take it as {"$secret":name}. The owner enters a value unseen: claw vault set NAME.',
  risk: 'write',
  asksOthers: ownersVault,
  effects: { persists: true },
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
  asksOthers: ownersVault,
  input: z.object({ name: secretName }),
  output: z.object({ name: z.string(), ...written }),
  slots: { name: 'secret' },
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
  asksOthers: ownersVault,
  effects: { persists: true },
  secretFields: ['value'],
  timeoutMs: 120_000,
  slots: { name: 'secret' },
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
