import type { Db, Schema } from '../core/database.ts';
import { callHash } from '../core/json.ts';
import type { Caller, Effects, Taint, Tool, ToolCall } from '../core/tool.ts';
import { callerText } from './audit/audit.ts';
import type { CallOptions } from './gate-types.ts';

export const taintSchema: Schema = {
  part: 'taint',
  migrations: [
    `CREATE TABLE run_taint (run_id TEXT PRIMARY KEY, untrusted INTEGER NOT NULL DEFAULT 0, private INTEGER NOT NULL DEFAULT 0) STRICT;
     CREATE TABLE run_plan (run_id TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (run_id, hash)) STRICT, WITHOUT ROWID;`,
    'ALTER TABLE run_taint ADD COLUMN shown INTEGER NOT NULL DEFAULT 0',
  ],
};

/** What each scope, a run or a connection, has read, and which calls its plan fixed before it read anything untrusted. */
export interface Taints {
  of(scope: string | undefined): Taint;
  /**
   * The same for a call that a model chooses. It can be led by whatever was read: also by files and what programs print, which lead nowhere
   * where only a plan chooses.
   */
  ofChooser(scope: string | undefined): Taint;
  /** `showsOthersText`: what was read may be somebody else's words, although nothing says that it comes from outside. */
  mark(scope: string | undefined, effects: Effects & { showsOthersText?: boolean }): void;
  /** What has read something hands it on. */
  inherit(scope: string, taint: Taint | undefined): void;
  /** Fixes a plan's calls. Once the run has read untrusted text nothing can be added any more. */
  fix(runId: string, calls: ToolCall[]): void;
  followsPlan(runId: string | undefined, tool: Tool, input: unknown): boolean;
  /** Of a run that is gone. */
  forget(runId: string): void;
}

/** Each direct call of the owner is his word by itself. Whoever else comes without a run or a connection is one scope by name. */
export const scopeOf = (caller: Caller, { run, session }: CallOptions): string | undefined =>
  run?.id ?? session ?? (caller.kind === 'owner' ? undefined : `caller:${callerText(caller)}`);

export const both = (a: Taint, b: Taint): Taint => ({ untrusted: a.untrusted || b.untrusted, private: a.private || b.private });

export const effectsOfTaint = (taint: Taint): Effects => ({ readsUntrusted: taint.untrusted, readsPrivate: taint.private });

interface TaintRow {
  untrusted: number;
  private: number;
  shown: number;
}

const untouched: TaintRow = { untrusted: 0, private: 0, shown: 0 };

export function createTaints({ db, find }: { db: Db; find: (name: string) => Tool | undefined }): Taints {
  const rowOf = (scope: string | undefined): TaintRow =>
    (scope === undefined
      ? undefined
      : (db.prepare('SELECT untrusted, private, shown FROM run_taint WHERE run_id = ?').get(scope) as TaintRow | undefined)) ?? untouched;
  const of: Taints['of'] = (scope) => {
    const row = rowOf(scope);
    return { untrusted: row.untrusted === 1, private: row.private === 1 };
  };
  const mark: Taints['mark'] = (scope, { readsUntrusted = false, readsPrivate = false, showsOthersText = false }) => {
    if (scope === undefined || !(readsUntrusted || readsPrivate || showsOthersText)) return;
    const known = rowOf(scope);
    if ((known.untrusted || !readsUntrusted) && (known.private || !readsPrivate) && (known.shown || !showsOthersText)) return;
    db.prepare(
      `INSERT INTO run_taint (run_id, untrusted, private, shown) VALUES (?, ?, ?, ?)
       ON CONFLICT (run_id) DO UPDATE SET untrusted = max(untrusted, excluded.untrusted), private = max(private, excluded.private),
         shown = max(shown, excluded.shown)`,
    ).run(scope, Number(readsUntrusted), Number(readsPrivate), Number(showsOthersText));
  };
  return {
    of,
    ofChooser: (scope) => {
      const row = rowOf(scope);
      return { untrusted: row.untrusted + row.shown > 0, private: row.private === 1 };
    },
    mark,
    forget: (runId) => {
      for (const table of ['run_taint', 'run_plan']) db.prepare(`DELETE FROM ${table} WHERE run_id = ?`).run(runId);
    },
    inherit: (scope, taint) => taint && mark(scope, effectsOfTaint(taint)),
    fix: (runId, calls) => {
      if (calls.length === 0) return;
      db.transaction(() => {
        if (of(runId).untrusted) return;
        for (const { tool, input } of calls) {
          const known = find(tool);
          if (known) db.prepare('INSERT OR IGNORE INTO run_plan VALUES (?, ?)').run(runId, plannedHash(known, input));
        }
      });
    },
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
