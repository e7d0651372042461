import type { Db } from '../core/database.ts';
import type { Embedder } from '../core/embedder.ts';
import { indexRow } from './memory-index.ts';
import { archive } from './forgetting.ts';
import type { Row } from './memory-rows.ts';
import type { Maintained } from './memory-types.ts';
import { countPending, embedRows, modelId, pendingRows } from './vector-store.ts';
import { signsOf } from './sameness.ts';

const dayMs = 24 * 60 * 60 * 1_000;
/** Days without access after which a memory that is not pinned goes to the archive. */
const decayDays = 90;
/** Rows handled in one transaction, so that others can write between. */
const chunk = 200;

/** The batch of what went to the archive for want of use. */
export const unusedBatch = 'unused';

/**
 * Archives what nobody has written or asked for in 90 days, at most `most` of it. Nothing is deleted, and memory_restore brings it
 * back, one by its id or all as `unused`.
 */
export function decay(db: Db, now: number, most = Number.POSITIVE_INFINITY): number {
  const old = (): Row[] =>
    db
      .prepare(
        `SELECT * FROM memories WHERE archivedAt IS NULL AND pinned = 0 AND max(updatedAt, coalesce(accessedAt, 0)) < ? LIMIT ${chunk}`,
      )
      .all(now - decayDays * dayMs) as Row[];
  let archived = 0;
  for (let rows = old(); rows.length > 0 && archived < most; rows = old()) {
    db.transaction(() => {
      for (const row of rows) archive(db, row, { batch: unusedBatch, now });
    });
    archived += rows.length;
  }
  return archived;
}

/** What older versions did not compute when they wrote. */
export function completeRows(db: Db): void {
  const incomplete = (): Row[] => db.prepare(`SELECT * FROM memories WHERE wording IS NULL LIMIT ${chunk}`).all() as Row[];
  for (let rows = incomplete(); rows.length > 0; rows = incomplete()) {
    db.transaction(() => {
      for (const row of rows) {
        db.prepare('UPDATE memories SET wording = @wording, claim = @claim, gist = @gist, topic = @topic WHERE row = @row').run({
          ...signsOf(row),
          row: row.row,
        });
        if (row.archivedAt === null) indexRow(db, row);
      }
    });
  }
}

export interface EmbedTime {
  embedMs: number;
  now: () => number;
  signal?: AbortSignal;
}

/** Computes missing vectors until none is missing or the time is up. Stops early, without an error, where the model cannot be had. */
export async function embedPending(db: Db, embedder: Embedder | undefined, { embedMs, now, signal }: EmbedTime): Promise<number> {
  if (!embedder) return 0;
  const until = performance.now() + embedMs;
  const model = modelId(db, embedder.fingerprint);
  let embedded = 0;
  while (performance.now() < until && signal?.aborted !== true) {
    const rows = pendingRows(db, model, 32);
    if (rows.length === 0) break;
    embedded += await embedRows(db, embedder, { rows, model, now: now(), signal });
  }
  return embedded;
}

/** Compares rows with both indexes; with `repair`, writes anew what does not agree. */
export function check(
  db: Db,
  embedder: Embedder | undefined,
  repair: boolean,
): Pick<Maintained, 'problems' | 'repaired' | 'withoutVector'> {
  const problems: string[] = [];
  const broken = new Set<number>();
  const note = (what: string, sql: string): void => {
    const rows = (db.prepare(sql).all() as { row: number }[]).map(({ row }) => row);
    if (rows.length > 0) problems.push(`${rows.length} ${what}`);
    for (const row of rows) broken.add(row);
  };
  const [sound] = db.prepare('PRAGMA integrity_check(1)').all() as { integrity_check: string }[];
  if (sound?.integrity_check !== 'ok') problems.push('memory.db fails its integrity check');
  note(
    'memories without words in the index',
    'SELECT row FROM memories WHERE archivedAt IS NULL AND NOT EXISTS (SELECT 1 FROM memory_text_docsize AS entry WHERE entry.id = memories.row)',
  );
  note(
    'entries of the index without a memory',
    'SELECT entry.id AS row FROM memory_text_docsize AS entry WHERE NOT EXISTS (SELECT 1 FROM memories WHERE memories.row = entry.id AND archivedAt IS NULL)',
  );
  note(
    'memories whose vector is gone',
    'SELECT row FROM memories WHERE archivedAt IS NULL AND model <> 0 AND NOT EXISTS (SELECT 1 FROM vectors WHERE vectors.row = memories.row AND vectors.model = memories.model)',
  );
  note(
    'vectors without a memory',
    'SELECT row FROM vectors WHERE NOT EXISTS (SELECT 1 FROM memories WHERE memories.row = vectors.row AND archivedAt IS NULL)',
  );
  if (repair) repairRows(db, [...broken]);
  return {
    problems,
    repaired: repair ? broken.size : 0,
    withoutVector: embedder ? countPending(db, modelId(db, embedder.fingerprint)) : 0,
  };
}

function repairRows(db: Db, rows: number[]): void {
  for (let start = 0; start < rows.length; start += chunk) {
    db.transaction(() => {
      for (const id of rows.slice(start, start + chunk)) {
        const row = db.prepare('SELECT * FROM memories WHERE row = ? AND archivedAt IS NULL').get(id) as Row | undefined;
        if (row) indexRow(db, row);
        else {
          db.prepare('DELETE FROM memory_text WHERE rowid = ?').run(id);
          db.prepare('DELETE FROM vectors WHERE row = ?').run(id);
        }
      }
    });
  }
}
