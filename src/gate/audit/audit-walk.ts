import { firstPrev, hashOf, type AuditRow } from './audit.ts';

/** Where a chain is not what was written. */
export interface Bad {
  seq: number;
  where: 'claw.db' | 'audit.log' | 'archive' | 'checkpoint';
  why: string;
}

/** Goes along the chain row by row, and holds it against what was signed. */
export interface AuditWalk {
  /** The first row in order that is wrong, or undefined. */
  step(row: AuditRow, where: Bad['where']): Bad | undefined;
  /** The rows before `seq` are not here to be seen, and their last hash is known. */
  startAfter(last: { seq: number; hash: string }): void;
  /** The last row that was good. */
  last(): { seq: number; hash: string };
  rows(): number;
  /** The last row that a signature proves. */
  provenTo(): number | undefined;
}

/** `pins` are hashes that genuine checkpoints name, by seq. */
export function createAuditWalk(pins: Map<number, Set<string>>): AuditWalk {
  let last = { seq: 0, hash: firstPrev };
  let rows = 0;
  let provenTo: number | undefined;
  return {
    startAfter: (given) => {
      last = given;
    },
    last: () => last,
    rows: () => rows,
    provenTo: () => provenTo,
    step: (row, where) => {
      const seq = last.seq + 1;
      if (row.seq !== seq) return { seq, where, why: `row ${seq} is missing` };
      if (row.prev !== last.hash) return { seq, where, why: `row ${seq} does not follow the row before` };
      if (row.hash !== hashOf(row)) return { seq, where, why: `row ${seq} was changed` };
      const signed = pins.get(seq);
      if (signed && (signed.size > 1 || !signed.has(row.hash)))
        return {
          seq,
          where,
          why: `row ${seq} is not the one that was signed; a row after ${provenTo ?? 0} was changed and the chain made anew`,
        };
      if (signed) provenTo = seq;
      last = { seq, hash: row.hash };
      rows += 1;
      return undefined;
    },
  };
}
