import type { Db, Schema } from '../core/database.ts';
import { callHash } from '../core/json.ts';
import type { Effects, Taint, Tool, ToolCall } from '../core/tool.ts';

export const taintSchema: Schema = {
  part: 'taint',
  migrations: [
    `CREATE TABLE run_taint (run_id TEXT PRIMARY KEY, untrusted INTEGER NOT NULL DEFAULT 0, private INTEGER NOT NULL DEFAULT 0) STRICT;
     CREATE TABLE run_plan (run_id TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (run_id, hash)) STRICT, WITHOUT ROWID;`,
  ],
};

/** What each run has read, and which calls its plan fixed before it read anything untrusted. */
export interface Taints {
  of(runId: string | undefined): Taint;
  mark(runId: string | undefined, effects: Effects): void;
  /** Fixes a plan's calls. Once the run has read untrusted text nothing can be added any more. */
  fix(runId: string, calls: ToolCall[]): void;
  followsPlan(runId: string | undefined, tool: Tool, input: unknown): boolean;
}

const clean: Taint = { untrusted: false, private: false };

export function createTaints({ db, find }: { db: Db; find: (name: string) => Tool | undefined }): Taints {
  const of: Taints['of'] = (runId) => {
    if (runId === undefined) return clean;
    const row = db.prepare('SELECT untrusted, private FROM run_taint WHERE run_id = ?').get(runId) as
      | Record<keyof Taint, number>
      | undefined;
    return row ? { untrusted: row.untrusted === 1, private: row.private === 1 } : clean;
  };
  return {
    of,
    mark: (runId, effects) => {
      if (runId === undefined || !(effects.readsUntrusted || effects.readsPrivate)) return;
      db.prepare(
        `INSERT INTO run_taint VALUES (?, ?, ?)
         ON CONFLICT (run_id) DO UPDATE SET untrusted = max(untrusted, excluded.untrusted), private = max(private, excluded.private)`,
      ).run(runId, Number(effects.readsUntrusted === true), Number(effects.readsPrivate === true));
    },
    fix: (runId, calls) =>
      db.transaction(() => {
        if (of(runId).untrusted) return;
        for (const { tool, input } of calls) {
          const known = find(tool);
          if (known) db.prepare('INSERT OR IGNORE INTO run_plan VALUES (?, ?)').run(runId, plannedHash(known, input));
        }
      }),
    followsPlan: (runId, tool, input) =>
      runId !== undefined &&
      db.prepare('SELECT 1 FROM run_plan WHERE run_id = ? AND hash = ?').get(runId, plannedHash(tool, input)) !== undefined,
  };
}

// Data fields may be filled from outside text later, so the plan does not fix them.
function plannedHash(tool: Tool, input: unknown): string {
  const fixed = { ...(input as Record<string, unknown>) };
  for (const field of tool.dataFields ?? []) delete fixed[field];
  return callHash(tool.name, fixed);
}
