import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { manualClock, systemClock, type Clock } from '../../src/core/clock.ts';
import { openDatabase, type Db } from '../../src/core/database.ts';
import { ToolError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import type { RunHandler } from '../../src/durable/backend.ts';
import { createSqliteBackend, durableSchema, type SqliteBackend } from '../../src/durable/sqlite-backend.ts';
import type { Home } from './backend-home.ts';
import { gate, until } from './gates.ts';
import { sqliteHome } from './sqlite-home.ts';

const write = { id: 's', tool: 'file_write', input: {}, idempotent: false };
const read = { id: 's', tool: 'file_read', input: {}, idempotent: true };
const owner = { input: {}, caller: 'owner' };
const second = { timeoutMs: 5_000, throughWaiting: true };

/** What holds only where journal, audit and effect share one file. */
describe('the journal in the transactions of others', () => {
  let home: Home;
  let db: Db;
  let backend: SqliteBackend | undefined;
  beforeEach(() => {
    home = sqliteHome();
    db = openDatabase(path.join(home.where, 'claw.db'), [durableSchema]);
  });
  afterEach(async () => {
    await backend?.close();
    db.close();
    await home.remove();
  });
  async function join(handler: RunHandler, parts: { db?: Db; clock?: Clock } = {}): Promise<SqliteBackend> {
    backend = createSqliteBackend({ db, clock: systemClock, log: silentLog, ...parts });
    backend.register('job', handler);
    await backend.open({ recover: true });
    return backend;
  }

  test('a result committed with its effect stands, also when the work fails afterwards', async () => {
    const journal = await join(async (run) =>
      run.step({ ...write }, async (attempt) => {
        db.transaction(() => attempt.commit('written'));
        throw new Error('the connection broke after the effect');
      }),
    );
    const id = await journal.start({ kind: 'job', ...owner });
    expect(await journal.wait(id, second)).toMatchObject({ status: 'done', output: 'written' });
    expect(await journal.steps(id)).toMatchObject([{ status: 'done', output: 'written' }]);
  });

  test('a result whose transaction was rolled back is no result', async () => {
    const journal = await join(async (run) =>
      run.step({ ...write }, async (attempt) => {
        db.transaction(() => {
          attempt.commit('written');
          throw new ToolError('failed', 'The effect was refused.');
        });
      }),
    );
    const id = await journal.start({ kind: 'job', ...owner });
    expect(await journal.wait(id, second)).toMatchObject({ status: 'failed', error: { code: 'failed' } });
    expect(await journal.steps(id)).toMatchObject([{ status: 'failed', error: { message: 'The effect was refused.' } }]);
  });

  test('the committed value is the result, whatever the work returns, and there is one', async () => {
    const journal = await join(async (run) =>
      run.step<unknown>({ ...read }, async (attempt) => {
        attempt.commit('first');
        expect(() => attempt.commit('second')).toThrow(expect.objectContaining({ code: 'conflict' }));
        return 'third';
      }),
    );
    const run = await journal.wait(await journal.start({ kind: 'job', ...owner }), second);
    expect(run).toMatchObject({ status: 'done', output: 'first' });
  });

  test('a write is forced to disk before its work begins, and a stop in between lets it not begin', async () => {
    const flush = gate();
    const asked = gate();
    let flushes = 0;
    let works = 0;
    const slowDisk: Db = {
      ...db,
      flushed: async () => {
        flushes += 1;
        asked.open();
        await flush.wait();
        return db.flushed();
      },
    };
    const journal = await join(
      async (run) => {
        await run.step({ ...read, id: 'read' }, async () => flushes);
        await run.step({ ...write }, async () => (works += 1));
      },
      { db: slowDisk },
    );
    const id = await journal.start({ kind: 'job', ...owner });
    await asked.wait();
    expect(await journal.steps(id)).toMatchObject([
      { id: 'read', output: 0 },
      { id: 's', status: 'running' },
    ]);
    await journal.stop(id, 'owner');
    flush.open();
    await journal.idle();
    expect([flushes, works]).toEqual([1, 0]);
    expect(await journal.steps(id)).toMatchObject([{ status: 'done' }, { status: 'stopped' }]);
  });

  test('a run started, or a signal sent, in a transaction that is rolled back never was', async () => {
    const heard: unknown[] = [];
    const journal = await join(async (run) => heard.push(await run.waitSignal('word')));
    const rolledBack = (work: () => Promise<unknown>): void => {
      try {
        db.transaction(() => {
          void work();
          throw new Error('rolled back');
        });
      } catch {}
    };
    const id = await journal.start({ kind: 'job', ...owner });
    await until(async () => (await journal.get(id))?.status === 'waiting');
    rolledBack(async () => journal.signal(id, 'word', 'never said'));
    rolledBack(async () => journal.start({ kind: 'job', ...owner, id: 'run_never' }));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(heard).toEqual([]);
    expect(await journal.get('run_never')).toBeUndefined();
    await journal.idle();
    await journal.signal(id, 'word', 'said');
    await journal.wait(id, second);
    expect(heard).toEqual(['said']);
  });

  test('work that is deaf to a stop is shown unknown after its grace, and what it returns later is kept', async () => {
    const clock = manualClock();
    const begun = gate();
    const back = gate();
    const journal = await join(
      async (run) =>
        run.step({ ...write }, async () => {
          begun.open();
          await back.wait();
          return 'after all';
        }),
      { clock },
    );
    const id = await journal.start({ kind: 'job', ...owner });
    await begun.wait();
    await journal.stop(id, 'owner');
    expect(await journal.steps(id)).toMatchObject([{ status: 'running' }]);
    clock.advance(5_000);
    await until(async () => (await journal.steps(id))[0]?.status === 'unknown');
    back.open();
    await journal.idle();
    expect(await journal.steps(id)).toMatchObject([{ status: 'done', output: 'after all' }]);
    expect(await journal.get(id)).toMatchObject({ status: 'stopped' });
  });

  test('a process that leaves is reported gone, so that nothing it had open elsewhere stays open', async () => {
    const lost: string[] = [];
    const journal = createSqliteBackend({ db, clock: systemClock, log: silentLog, onWorkerLost: (id) => lost.push(id) });
    await journal.open({ recover: true });
    await journal.close();
    expect(lost).toEqual([journal.workerId]);
  });

  test('a run whose end cannot be written is taken up again when the disk allows', async () => {
    const clock = manualClock();
    let isFull = false;
    const failing: Db = {
      ...db,
      prepare: (sql) => {
        if (isFull && /^\s*(INSERT|UPDATE)/.test(sql)) throw new Error('SQLITE_FULL');
        return db.prepare(sql);
      },
    };
    const lives: number[] = [];
    const journal = await join(
      async (run) => {
        lives.push(await run.step({ ...read }, async () => lives.length));
        isFull = lives.length === 1;
        return lives.length;
      },
      { clock, db: failing },
    );
    const id = await journal.start({ kind: 'job', ...owner });
    await journal.idle();
    expect(await journal.get(id)).toMatchObject({ status: 'running' });
    isFull = false;
    clock.advance(1_000);
    await until(async () => (await journal.get(id))?.status === 'done');
    expect(await journal.get(id)).toMatchObject({ output: 2 });
    expect(lives).toEqual([0, 0]);
  });
});
