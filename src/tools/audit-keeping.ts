import { z } from 'zod';
import { ToolError } from '../core/errors.ts';
import { defineTool } from '../core/tool.ts';

export const auditVerify = defineTool({
  name: 'audit_verify',
  title: 'Verify the audit log',
  description: 'Recompute the whole hash chain, hold it against the signed checkpoints and audit.log. Names the first bad row.',
  risk: 'read',
  input: z.object({
    checkpoints: z.string().max(4_000).optional().describe('Exported checkpoints that you have kept elsewhere'),
  }),
  output: z.object({
    ok: z.boolean(),
    rows: z.number().describe('Rows that were recomputed'),
    startsAt: z.number().describe('The first of them; more than 1 where retention has deleted older ones'),
    checkpoints: z.number(),
    provenTo: z.number().optional().describe('The last row that a signature proves'),
    firstBad: z.number().optional().describe('seq of the first bad row'),
    where: z.enum(['claw.db', 'audit.log', 'archive', 'checkpoint']).optional(),
    why: z.string().optional(),
  }),
  paths: ['checkpoints'],
  timeoutMs: 300_000,
  examples: [
    'verify the audit log',
    'has the audit log been tampered with',
    'check the audit chain',
    'is the audit trail intact',
    'prove that nobody changed the log',
  ],
  run: (ctx, { checkpoints }) => {
    if (checkpoints !== undefined && ctx.caller.kind !== 'owner')
      throw new ToolError('denied', 'Only the owner names a file of checkpoints.', { hint: 'Call audit_verify without it.' });
    return ctx.auditCheck(checkpoints);
  },
  summary: ({ ok, rows, startsAt, provenTo, firstBad, where, why }) => {
    if (!ok) return `Row ${firstBad} of ${where} is not what was written: ${why}.`;
    const start = startsAt > 1 ? ` from row ${startsAt} on (older ones were deleted by retention)` : '';
    return `${rows} rows, all intact${start}. ${provenTo === undefined ? 'No checkpoint was ever signed.' : `Signed up to row ${provenTo}.`}`;
  },
});

const checkpoint = z.object({
  kind: z.enum(['checkpoint', 'archived', 'dropped']),
  from: z.number(),
  seq: z.number(),
  hash: z.string(),
  at: z.string(),
  keyId: z.string(),
  signature: z.string(),
});

export const auditCheckpoint = defineTool({
  name: 'audit_checkpoint',
  title: 'Sign the audit log',
  description: 'Sign what the audit is now, and export it as CLAW_AUDIT_EXPORT says: a later change is then provable.',
  risk: 'write',
  input: z.object({}),
  output: z.object({ checkpoint, export: z.enum(['done', 'failed', 'off']) }),
  timeoutMs: 60_000,
  examples: [
    'make a checkpoint of the audit',
    'sign the audit log now',
    'export an audit checkpoint',
    'seal the audit trail',
    'make the audit provable up to now',
  ],
  run: (ctx) => ctx.auditCheckpoints.make(),
  verify: (ctx, _input, { checkpoint: made }) => {
    const ok = ctx.auditCheckpoints.list().some(({ signature }) => signature === made.signature);
    return [{ check: 'the checkpoint is on record', ok, found: `row ${made.seq}` }];
  },
  summary: ({ checkpoint: made, export: sent }) =>
    `Row ${made.seq} is signed with key ${made.keyId}. ${
      { done: 'It is exported.', failed: 'The export failed; it is tried again with the next one.', off: 'CLAW_AUDIT_EXPORT is not set.' }[
        sent
      ]
    }`,
});

export const auditKey = defineTool({
  name: 'audit_key',
  title: 'Public key of the audit',
  description: 'The ed25519 public key that audit checkpoints are signed with, to keep elsewhere.',
  risk: 'read',
  input: z.object({}),
  output: z.object({ id: z.string(), publicKey: z.string().describe('PEM') }),
  examples: [
    'public key of the audit',
    'which key signs the audit checkpoints',
    'export the audit public key',
    'audit signing key',
    'how can someone else verify the audit',
  ],
  run: (ctx) => {
    const { id, publicKey } = ctx.auditCheckpoints.key();
    return { id, publicKey };
  },
  summary: ({ publicKey }) => publicKey,
});

const days = z.number().min(0).max(36_500).optional();

export const auditRotate = defineTool({
  name: 'audit_rotate',
  title: 'Move old audit rows to an archive',
  description: 'Rows that are too old or too many go to a signed archive; the chain stays provable.',
  risk: ({ dropOlderThanDays }) => (dropOlderThanDays === undefined ? 'write' : 'destructive'),
  only: ['owner', 'cron'],
  input: z
    .object({
      olderThanDays: days.describe('Move rows older than this'),
      keepRows: z.number().int().min(1).max(1_000_000_000).optional().describe('Move what is beyond the newest so many'),
      dropOlderThanDays: days.describe('Also delete archives whose newest row is older than this'),
    })
    .refine((input) => Object.values(input).some((value) => value !== undefined), 'say what is to be moved or deleted'),
  output: z.object({
    moved: z.number(),
    from: z.number().optional(),
    to: z.number().optional(),
    file: z.string().optional(),
    dropped: z.number().describe('Archives that retention has deleted'),
    startsAt: z.number().describe('The first row that can still be read'),
  }),
  timeoutMs: 600_000,
  examples: [
    'move audit rows older than 90 days to an archive',
    'rotate the audit log',
    'keep only the newest 100000 audit rows',
    'archive the old audit entries',
    'delete audit archives older than 3 years',
  ],
  run: (ctx, request) => ctx.auditArchive.rotate(request),
  verify: async (ctx) => {
    const { ok, rows, why } = await ctx.auditCheck();
    return [{ check: 'the chain is whole over archives and claw.db', ok, found: ok ? `${rows} rows` : (why ?? 'it is not') }];
  },
  dryRun: (ctx, { dropOlderThanDays }) => [
    { action: 'update', target: 'audit: rows move from claw.db to an archive' },
    ...(dropOlderThanDays === undefined
      ? []
      : ctx.auditArchive.due(dropOlderThanDays).map((target) => ({ action: 'delete' as const, target }))),
  ],
  summary: ({ moved, file, dropped, startsAt }) =>
    `${moved} rows moved${file === undefined ? '' : ` to ${file}`}, ${dropped} archives deleted; the audit begins at row ${startsAt}.`,
});
