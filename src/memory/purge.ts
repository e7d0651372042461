import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '../core/database.ts';
import { ToolError } from '../core/errors.ts';
import { isUnwanted, summaryKey } from './resting-threads.ts';

/** How long other processes get to end what they are reading. */
const patienceMs = 10_000;
/** Pages of the index that are written in one transaction, so that others write between. */
const pagesAtOnce = 200;

/**
 * Removes archived memories and their history, so that no page of the file keeps the text: SQLite overwrites what is deleted
 * (`secure_delete`, see memory-store.ts), and the index is merged until no old segment is left. It does this even where nothing is
 * left to remove, for an earlier purge may have been cut off. Throws `unavailable` where another process goes on reading old pages.
 */
export async function purge(db: Db, chosen: string[] | 'forgotten', signal?: AbortSignal): Promise<number> {
  const ids = chosen === 'forgotten' ? forgottenIds(db) : chosen;
  const removed = db.transaction(() => {
    for (const id of ids) keepUnwanted(db, id);
    return ids.flatMap((id) => [id, ...copiesOf(db, id)]).reduce((sum, id) => sum + remove(db, id), 0);
  });
  await mergeIndex(db, signal);
  await emptyLog(db, signal);
  return removed;
}

/** A summary that a person has forgotten is not made again when its row is gone either. */
function keepUnwanted(db: Db, id: string): void {
  db.prepare(
    `INSERT OR IGNORE INTO unwanted_summaries SELECT namespace, substr(key, length(@start) + 1) FROM memories
     WHERE id = @id AND category = 'conversation_summary' AND key LIKE @start || '%' AND ${isUnwanted}`,
  ).run({ id, start: summaryKey('') });
}

function remove(db: Db, id: string): number {
  const isArchived = 'SELECT id FROM memories WHERE id = ? AND archivedAt IS NOT NULL';
  const row = db.prepare('SELECT namespace, lower(subject) AS name FROM memories WHERE id = ? AND archivedAt IS NOT NULL').get(id) as
    | { namespace: string; name: string | null }
    | undefined;
  db.prepare(`DELETE FROM revisions WHERE memory IN (${isArchived})`).run(id);
  db.prepare('DELETE FROM derived WHERE memory = @id OR origin = @id').run({ id });
  if (row) db.prepare('DELETE FROM read_turns WHERE turn = ?').run(id);
  const { changes } = db.prepare('DELETE FROM memories WHERE id = ? AND archivedAt IS NOT NULL').run(id);
  if (row?.name) forgetSpeaker(db, { namespace: row.namespace, name: row.name });
  return changes;
}

/** What says the same in other words, or was made from it, and is in the archive too. */
const copiesOf = (db: Db, id: string): string[] =>
  (
    db.prepare('SELECT id FROM memories WHERE archivedBy = @id UNION SELECT memory FROM derived WHERE origin = @id').all({ id }) as {
      id: string;
    }[]
  ).map((row) => row.id);

/** A name that nobody who is left speaks under goes too. */
function forgetSpeaker(db: Db, speaker: { namespace: string; name: string }): void {
  db.prepare(
    `DELETE FROM speakers WHERE namespace = @namespace AND name = @name
     AND NOT EXISTS (SELECT 1 FROM memories WHERE namespace = @namespace AND thread IS NOT NULL AND lower(subject) = @name)`,
  ).run(speaker);
}

/** Deleted terms stay in a segment until it is merged: https://sqlite.org/fts5.html#the_merge_command. */
async function mergeIndex(db: Db, signal?: AbortSignal): Promise<void> {
  const changes = (): number => (db.prepare('SELECT total_changes() AS n').get() as { n: number }).n;
  for (let pages = -pagesAtOnce, before = -2; changes() - before >= 2; pages = pagesAtOnce) {
    before = changes();
    db.prepare("INSERT INTO memory_text (memory_text, rank) VALUES ('merge', ?)").run(pages);
    await nextTurn(undefined, { signal });
  }
}

/** The write-ahead log holds the pages as they were, until it is moved into the file and cut to nothing. */
async function emptyLog(db: Db, signal?: AbortSignal): Promise<void> {
  for (const until = performance.now() + patienceMs; ; await sleep(50, undefined, { signal })) {
    const [state] = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all() as { busy: number }[];
    if (state?.busy === 0) return;
    if (performance.now() > until) throw inUse();
  }
}

const inUse = (): ToolError =>
  new ToolError('unavailable', 'The memories are removed, but another process still reads old pages of memory.db.', {
    hint: 'Call memory_purge with forgotten: true again in a moment; it writes them over.',
  });

const forgottenIds = (db: Db): string[] =>
  (db.prepare("SELECT id FROM memories WHERE archivedAt IS NOT NULL AND archivedBy LIKE 'fgt%'").all() as { id: string }[]).map(
    ({ id }) => id,
  );
