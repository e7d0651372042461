import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { ToolError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { lateRuns } from '../../src/durable/late-runs.ts';
import { connect, sqliteHome } from './sqlite-home.ts';

const waitMs = { timeoutMs: 5_000 };
const [clock, log] = [systemClock, silentLog];

test('a run that was cut off goes on in a process whose handler for it is loaded only then', async () => {
  const home = sqliteHome();
  onTestFinished(home.remove);
  const first = connect(home.where);
  first.backend.register('errand', () => new Promise(() => {}));
  await first.backend.open({ recover: true });
  const id = await first.backend.start({ kind: 'errand', input: { to: 'market' }, caller: 'owner' });
  await first.backend.close();
  first.disconnect();

  const second = connect(home.where);
  onTestFinished(() => second.backend.close().then(second.disconnect));
  let loads = 0;
  const ready = async (): Promise<void> => {
    loads += 1;
    late.register('errand', async (run) => ({ went: run.input }));
  };
  const late = lateRuns(second.backend, { kinds: ['errand'], ready, clock, log });
  await late.open({ recover: true });
  expect(await late.wait(id, waitMs)).toMatchObject({ status: 'done', output: { went: { to: 'market' } } });
  expect(loads).toBe(1);
});

test('a kind that nobody announced cannot come late', async () => {
  const home = sqliteHome();
  onTestFinished(home.remove);
  const { backend, disconnect } = connect(home.where);
  onTestFinished(() => backend.close().then(disconnect));
  const late = lateRuns(backend, { kinds: ['errand'], ready: async () => {}, clock, log });
  late.register('stroll', async () => 'walked');
  await late.open({ recover: false });
  expect(await late.wait(await late.start({ kind: 'stroll', input: {}, caller: 'owner' }), waitMs)).toMatchObject({ output: 'walked' });
  expect(() => late.register('journey', async () => 'gone')).toThrow('journey');
});

test('a run whose needs cannot be loaded does not end for that: it waits, and begins once they can', async () => {
  const home = sqliteHome();
  onTestFinished(home.remove);
  const { backend, disconnect } = connect(home.where);
  onTestFinished(() => backend.close().then(disconnect));
  let tries = 0;
  const ready = async (): Promise<void> => {
    tries += 1;
    if (tries < 3) throw new ToolError('bad_config', 'The disk is full.', { hint: 'Make room.' });
  };
  const late = lateRuns(backend, { kinds: [], ready, clock, log });
  late.register('errand', async () => 'went');
  await late.open({ recover: true });
  const id = await late.start({ kind: 'errand', input: {}, caller: 'owner' });
  expect((await late.wait(id, { timeoutMs: 200 })).status).toBe('running');
  expect(await late.wait(id, waitMs)).toMatchObject({ status: 'done', output: 'went' });
});

test('a run that waits for what it needs can be stopped, and is left to the next process where this one ends', async () => {
  const home = sqliteHome();
  onTestFinished(home.remove);
  const first = connect(home.where);
  const late = lateRuns(first.backend, { kinds: [], ready: () => Promise.reject(new Error('not yet')), clock, log });
  late.register('errand', async () => 'went');
  await late.open({ recover: true });
  const start = { kind: 'errand', input: {}, caller: 'owner' } as const;
  const [stopped, left] = [await late.start(start), await late.start(start)];
  expect(await late.stop(stopped, 'owner')).toBe(true);
  await late.close();
  first.disconnect();

  const second = connect(home.where);
  onTestFinished(() => second.backend.close().then(second.disconnect));
  second.backend.register('errand', async () => 'went');
  await second.backend.open({ recover: true });
  expect(await second.backend.wait(left, waitMs)).toMatchObject({ status: 'done' });
  expect(await second.backend.get(stopped)).toMatchObject({ status: 'stopped' });
});
