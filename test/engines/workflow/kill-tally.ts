import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { effectsFile } from './kill-child.ts';

export interface StepSeen {
  run: string;
  id: string;
  tool: string;
  status: string;
  idempotent: number;
  attempts: number;
}

export interface RunSeen {
  id: string;
  name: 'plain' | 'back' | 'yes' | 'no';
  status: string;
}

export function reading<Value>(home: string, read: (db: Database.Database) => Value): Value {
  const db = new Database(path.join(home, 'claw.db'), { readonly: true });
  try {
    return read(db);
  } finally {
    db.close();
  }
}

export const runsIn = (home: string): RunSeen[] =>
  reading(
    home,
    (db) =>
      db
        .prepare("SELECT id, json_extract(input, '$.name') AS name, status FROM runs WHERE kind = 'workflow' ORDER BY seq")
        .all() as RunSeen[],
  );

export const stepsIn = (home: string): StepSeen[] =>
  reading(
    home,
    (db) =>
      db
        .prepare(
          `SELECT runs.id AS run, steps.id, tool, steps.status, idempotent, attempts FROM steps JOIN runs ON runs.seq = steps.run
           WHERE runs.kind = 'workflow' ORDER BY steps.seq`,
        )
        .all() as StepSeen[],
  );

/** Unkeyed steps that a death has interrupted and of which nothing is on record yet. */
export const cutOffIn = (home: string): string[] =>
  stepsIn(home)
    .filter(({ status, idempotent }) => status === 'running' && idempotent === 0)
    .map(({ run, id }) => `${run}/${id}`);

export interface Trace {
  what: 'begin' | 'effect';
  key: string;
}

/** In the order in which it happened. */
export function tracesIn(place: string): Trace[] {
  if (!existsSync(effectsFile(place))) return [];
  const lines = readFileSync(effectsFile(place), 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => {
    const [what, key = ''] = line.split(' ');
    return { what: what as Trace['what'], key };
  });
}

/** Steps of a run that went through, but were taken back in another order than the last first, or not at all. */
export function wronglyTakenBack(run: RunSeen, steps: StepSeen[], traces: Trace[]): string[] {
  const done = steps.filter(
    ({ id, tool, status }) => /^s\d$/.test(id) && tool.startsWith('soak_') && tool !== 'soak_fail' && status === 'done',
  );
  const isBack = run.status !== 'done';
  const wanted = isBack ? done.map(({ id }) => id).toReversed() : [];
  const happened = [
    ...new Set(
      traces
        .filter(({ what, key }) => what === 'effect' && key.startsWith(`${run.id}/`) && key.includes('.undo'))
        .map(({ key }) => key.split('/')[1]!.split('.')[0]!),
    ),
  ];
  // Of an unkeyed call that was cut off nobody knows, so it may be missing.
  const unknown = new Set(
    steps.filter(({ id, status }) => id.includes('.undo') && status === 'unknown').map(({ id }) => id.split('.')[0]!),
  );
  const expected = wanted.filter((id) => happened.includes(id) || !unknown.has(id));
  if (expected.join() === happened.join()) return [];
  const told = steps.map(({ id, status }) => `${id} ${status}`).join('; ');
  return [`${run.id} ${run.name}: wanted ${expected.join()}, was ${happened.join()}: ${told}`];
}
