import { expect, onTestFinished, test } from 'vitest';
import { lateRuns } from '../../src/durable/late-runs.ts';
import { connect, sqliteHome } from './sqlite-home.ts';

const waitMs = { timeoutMs: 5_000 };

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
  const late = lateRuns(second.backend, { kinds: ['errand'], ready });
  await late.open({ recover: true });
  expect(await late.wait(id, waitMs)).toMatchObject({ status: 'done', output: { went: { to: 'market' } } });
  expect(loads).toBe(1);
});

test('a kind that nobody announced cannot come late', async () => {
  const home = sqliteHome();
  onTestFinished(home.remove);
  const { backend, disconnect } = connect(home.where);
  onTestFinished(() => backend.close().then(disconnect));
  const late = lateRuns(backend, { kinds: ['errand'], ready: async () => {} });
  late.register('stroll', async () => 'walked');
  await late.open({ recover: false });
  expect(await late.wait(await late.start({ kind: 'stroll', input: {}, caller: 'owner' }), waitMs)).toMatchObject({ output: 'walked' });
  expect(() => late.register('journey', async () => 'gone')).toThrow('journey');
});
