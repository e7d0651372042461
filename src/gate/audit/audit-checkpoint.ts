import { z } from 'zod';
import { ToolError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/json.ts';
import type { AuditKey } from './audit-key.ts';

const checkpoint = z.strictObject({
  /** `archived`: the rows up to here are in a file. `dropped`: retention has deleted them. */
  kind: z.enum(['checkpoint', 'archived', 'dropped']),
  /** The first row that it stands for, and the last. */
  from: z.number().int().min(1),
  seq: z.number().int().min(1),
  /** Of row `seq`, and so of every row before it. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.string(),
  keyId: z.string(),
  signature: z.string(),
});

/** One line of an exported file: what the audit was at a moment, signed. Whoever keeps it elsewhere can prove a later change. */
export type Checkpoint = z.output<typeof checkpoint>;

export function signCheckpoint(what: Omit<Checkpoint, 'keyId' | 'signature'>, key: AuditKey): Checkpoint {
  const unsigned = { ...what, keyId: key.id };
  return { ...unsigned, signature: key.sign(canonicalJson(unsigned)) };
}

export function isGenuine({ signature, ...unsigned }: Checkpoint, key: AuditKey | undefined): boolean {
  return key !== undefined && unsigned.keyId === key.id && key.isSigned(canonicalJson(unsigned), signature);
}

export const checkpointLine = (one: Checkpoint): string => `${JSON.stringify(one)}\n`;

/** Lines as exported. Throws `invalid_input` naming the first that is none. */
export function parseCheckpoints(text: string): Checkpoint[] {
  return text
    .split('\n')
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== '')
    .map(({ line, number }) => parseLine(line, number));
}

function parseLine(line: string, number: number): Checkpoint {
  try {
    return checkpoint.parse(JSON.parse(line));
  } catch (error) {
    throw new ToolError('invalid_input', `Line ${number} of the checkpoints is no checkpoint.`, {
      hint: 'Give a file as CLAW_AUDIT_EXPORT=file:… writes it.',
      cause: error,
    });
  }
}
