import { canonicalJson, sha256 as hashOf } from '../../core/json.ts';
import type { Db, Schema } from '../../core/database.ts';
import type { Clock } from '../../core/clock.ts';
import type { Redactor } from '../../core/redact.ts';
import type { WatcherRule } from '../../core/watcher-rule.ts';

/** `watcher_files`: what each rule has last seen of each file. `watcher_rules`: how each rule is. Times are ms since 1970. */
export const watcherSchema: Schema = {
  part: 'watcher',
  migrations: [
    `CREATE TABLE watcher_files (
       rule TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, mtime REAL NOT NULL, inode TEXT NOT NULL, sha256 TEXT NOT NULL,
       seen_at INTEGER NOT NULL, firings INTEGER NOT NULL DEFAULT 0, burst INTEGER NOT NULL DEFAULT 0, burst_at INTEGER NOT NULL DEFAULT 0,
       PRIMARY KEY (rule, path)) STRICT, WITHOUT ROWID;
     CREATE INDEX watcher_inode ON watcher_files (rule, inode);
     CREATE INDEX watcher_content ON watcher_files (rule, sha256);
     CREATE TABLE watcher_rules (
       name TEXT PRIMARY KEY, scope TEXT NOT NULL, since INTEGER NOT NULL, paused_at INTEGER, paused_why TEXT,
       firings INTEGER NOT NULL DEFAULT 0, last_fired INTEGER, last_path TEXT, last_run TEXT, error TEXT) STRICT, WITHOUT ROWID;`,
  ],
};

/** A file at one moment. */
export interface FileState {
  path: string;
  size: number;
  mtimeMs: number;
  /** Device and inode. */
  inode: string;
}

export interface SeenFile extends FileState {
  sha256: string;
  seenAt: number;
}

export interface RuleState {
  /** Files that were there before this moment are no news. */
  since: number;
  pausedAt?: number;
  pausedWhy?: string;
  firings: number;
  lastFired?: number;
  lastPath?: string;
  lastRun?: string;
  error?: string;
}

/** What the rules have seen and done. Every method is synchronous and joins the caller's transaction. */
export interface WatchJournal {
  seen(rule: string, path: string): SeenFile | undefined;
  /** The same file, or the same content, under another path. */
  alike(rule: string, file: { inode: string; sha256: string }): SeenFile[];
  paths(rule: string): string[];
  remember(rule: string, file: SeenFile): void;
  forget(rule: string, path: string): void;
  /** Counts a firing; returns how many there were on this path within a minute. */
  fired(rule: string, firing: { path: string; runId: string }): number;
  state(rule: string): RuleState | undefined;
  /** Makes the rule known; where it watches something else than before, what is there now is no news. */
  adopt(rule: WatcherRule): RuleState;
  /** Names of the rules that are paused, in order. */
  paused(): string[];
  pause(rule: string, why: string): void;
  resume(rule: string): void;
  setError(rule: string, error: string | undefined): void;
  /** Forgets the rules that are not named. */
  keepOnly(names: string[]): void;
}

const minuteMs = 60_000;
/** Files carry the time of a clock that may be a tick behind. */
const tickMs = 10;

export function createWatchJournal({ db, clock, redactor }: { db: Db; clock: Clock; redactor: Pick<Redactor, 'text'> }): WatchJournal {
  const kept = redactor.text;
  const run = (sql: string, ...values: unknown[]): void => void db.prepare(sql).run(...values);
  const columns = 'path, size, mtime AS mtimeMs, inode, sha256, seen_at AS seenAt';
  const state: WatchJournal['state'] = (rule) => stateOf(db.prepare('SELECT * FROM watcher_rules WHERE name = ?').get(rule));
  return {
    seen: (rule, path) =>
      db.prepare(`SELECT ${columns} FROM watcher_files WHERE rule = ? AND path = ?`).get(rule, kept(path)) as SeenFile | undefined,
    alike: (rule, { inode, sha256 }) =>
      db
        .prepare(
          `SELECT ${columns} FROM watcher_files WHERE rule = @rule AND inode = @inode
           UNION SELECT ${columns} FROM watcher_files WHERE rule = @rule AND sha256 = @sha256 LIMIT 20`,
        )
        .all({ rule, inode, sha256 }) as SeenFile[],
    paths: (rule) => (db.prepare('SELECT path FROM watcher_files WHERE rule = ?').all(rule) as { path: string }[]).map(({ path }) => path),
    remember: (rule, { path, size, mtimeMs, inode, sha256, seenAt }) =>
      run(
        `INSERT INTO watcher_files (rule, path, size, mtime, inode, sha256, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (rule, path) DO UPDATE SET size = excluded.size, mtime = excluded.mtime, inode = excluded.inode,
           sha256 = excluded.sha256, seen_at = excluded.seen_at`,
        rule,
        kept(path),
        size,
        mtimeMs,
        inode,
        sha256,
        seenAt,
      ),
    forget: (rule, path) => run('DELETE FROM watcher_files WHERE rule = ? AND path = ?', rule, kept(path)),
    fired: (rule, { path, runId }) => {
      const now = clock.now();
      run(
        'UPDATE watcher_rules SET firings = firings + 1, last_fired = ?, last_path = ?, last_run = ? WHERE name = ?',
        now,
        kept(path),
        runId,
        rule,
      );
      const row = db
        .prepare(
          `UPDATE watcher_files SET firings = firings + 1, burst = iif(burst_at > @from, burst + 1, 1),
             burst_at = iif(burst_at > @from, burst_at, @now) WHERE rule = @rule AND path = @path RETURNING burst`,
        )
        .get({ from: now - minuteMs, now, rule, path: kept(path) }) as { burst: number } | undefined;
      return row?.burst ?? 1;
    },
    state,
    adopt: (rule) => {
      const scope = scopeOf(rule);
      run(
        `INSERT INTO watcher_rules (name, scope, since) VALUES (@name, @scope, @since)
         ON CONFLICT (name) DO UPDATE SET since = iif(scope = @scope, since, @since), scope = @scope, error = NULL`,
        { name: rule.name, scope, since: clock.now() - tickMs },
      );
      return state(rule.name)!;
    },
    paused: () =>
      (db.prepare('SELECT name FROM watcher_rules WHERE paused_at IS NOT NULL ORDER BY name').all() as { name: string }[]).map(
        ({ name }) => name,
      ),
    pause: (rule, why) => run('UPDATE watcher_rules SET paused_at = ?, paused_why = ? WHERE name = ?', clock.now(), why, rule),
    resume: (rule) => run('UPDATE watcher_rules SET paused_at = NULL, paused_why = NULL WHERE name = ?', rule),
    setError: (rule, error) => run('UPDATE watcher_rules SET error = ? WHERE name = ?', error ?? null, rule),
    keepOnly: (names) =>
      db.transaction(() => {
        const listed = JSON.stringify(names);
        run('DELETE FROM watcher_rules WHERE name NOT IN (SELECT value FROM json_each(?))', listed);
        run('DELETE FROM watcher_files WHERE rule NOT IN (SELECT value FROM json_each(?))', listed);
      }),
  };
}

/** Where and for what a rule looks, whatever it then does. */
const scopeOf = ({ path, glob, ignore, depth }: WatcherRule): string => hashOf(canonicalJson({ path, glob, ignore, depth }));

type StateRow = Record<'paused_why' | 'last_path' | 'last_run' | 'error', string | null> &
  Record<'since' | 'firings', number> &
  Record<'paused_at' | 'last_fired', number | null>;

function stateOf(found: unknown): RuleState | undefined {
  if (found === undefined) return undefined;
  const row = found as StateRow;
  return {
    since: row.since,
    firings: row.firings,
    ...(row.paused_at !== null && { pausedAt: row.paused_at }),
    ...(row.paused_why !== null && { pausedWhy: row.paused_why }),
    ...(row.last_fired !== null && { lastFired: row.last_fired }),
    ...(row.last_path !== null && { lastPath: row.last_path }),
    ...(row.last_run !== null && { lastRun: row.last_run }),
    ...(row.error !== null && { error: row.error }),
  };
}
