import { z } from 'zod';
import { defineTool } from '../core/tool.ts';
import { back, generation, holds, names, ownersVault, written } from '../core/vault-shape.ts';

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

export const vaultRestore = defineTool({
  name: 'vault_restore',
  title: 'Restore the vault',
  description: 'Bring back a kept generation of the vault, or single secrets as they were in it. 0 is the empty vault.',
  risk: 'destructive',
  asksOthers: ownersVault,
  effects: { persists: true },
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
  asksOthers: ownersVault,
  effects: { readsPrivate: true, persists: true },
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
