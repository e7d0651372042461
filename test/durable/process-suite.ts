import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Home } from './backend-home.ts';
import { startChild, type Child } from './child-process.ts';
import { until } from './gates.ts';
import { effectsFile } from './journal-child.ts';

const isLeading = (line: Record<string, unknown>): boolean => line.leading === true;

/** Real processes on one journal. */
export function describeProcesses(name: string, createHome: () => Home): void {
  describe(`${name}, between processes`, () => {
    test('of three one leads; when it is killed another does, and goes on with its run', async () => {
      const home = createHome();
      const first = startChild(home, { mode: 'lead' });
      const { started } = await first.said((line) => typeof line.started === 'string');
      const others = [startChild(home, { mode: 'lead' }), startChild(home, { mode: 'lead' })];
      await Promise.all(others.map(async (child) => child.said((line) => line.ready === true)));
      expect([first, ...others].filter(leads)).toEqual([first]);
      const died = performance.now();
      first.kill('SIGKILL');
      const next = await Promise.any(others.map(async (child) => (await child.said(isLeading), child)));
      console.log(`${name}: takeover ${Math.round(performance.now() - died)} ms after kill -9`);
      const { backend, disconnect } = home.connect(home.where);
      await backend.open({ recover: false });
      await backend.signal(started as string, 'word', 'on');
      const run = await backend.wait(started as string, { timeoutMs: 30_000, throughWaiting: true });
      expect(run).toMatchObject({ status: 'done', output: [next.pid, 'on'] });
      expect(others.filter(leads)).toEqual([next]);
      await backend.close();
      await disconnect();
      await endAll(others);
      await home.remove();
    });

    test('a leader that is paused is replaced, and steps down when it goes on', async () => {
      const home = createHome();
      const first = startChild(home, { mode: 'lead' });
      await first.said(isLeading);
      const other = startChild(home, { mode: 'lead' });
      await other.said((line) => line.ready === true);
      const paused = performance.now();
      first.kill('SIGSTOP');
      await other.said(isLeading);
      console.log(`${name}: takeover ${Math.round(performance.now() - paused)} ms after a pause`);
      first.kill('SIGCONT');
      await first.said((line) => line.leading === false);
      expect(leads(other)).toBe(true);
      await endAll([first, other]);
      await home.remove();
    });

    test('a thousand open runs of a killed process all go on in the next, finished steps not repeated', async () => {
      const home = createHome();
      const count = 1_000;
      const child = startChild(home, { mode: 'open', to: count });
      await child.said((line) => line.ready === true);
      child.kill('SIGKILL');
      await child.exited;
      const began = performance.now();
      const { backend, disconnect } = home.connect(home.where);
      let repeated = 0;
      backend.register('open', async (run) => {
        await run.step({ id: 'first', tool: 'machine_status', input: {}, idempotent: true }, async () => (repeated += 1));
        if ((run.input as { waits: boolean }).waits) return run.waitSignal('word');
        return run.step({ id: 'second', tool: 'file_write', input: {}, idempotent: true }, async () => 'again');
      });
      backend.register('quick', async () => 'served');
      await backend.open({ recover: true });
      const served = await backend.wait(await backend.start({ kind: 'quick', input: {}, caller: 'owner' }), { timeoutMs: 30_000 });
      const servedMs = performance.now() - began;
      const { items } = await backend.list({ kind: 'open', limit: count });
      for (const run of items) if ((run.input as { waits: boolean }).waits) await backend.signal(run.id, 'word', 'heard');
      const ended = await Promise.all(items.map(async (run) => backend.wait(run.id, { timeoutMs: 50_000, throughWaiting: true })));
      console.log(
        `${name}: ${count} open runs, serving after ${Math.round(servedMs)} ms, all ended after ${Math.round(performance.now() - began)} ms`,
      );
      expect(served.output).toBe('served');
      expect(ended.filter((run) => run.output === 'heard')).toHaveLength(count / 2);
      expect(ended.filter((run) => run.output === 'again')).toHaveLength(count / 2);
      expect(repeated).toBe(0);
      expect(new Set(readFileSync(effectsFile(home.where), 'utf8').split('\n').filter(Boolean)).size).toBe(count);
      await backend.close();
      await disconnect();
      await home.remove();
    });

    test('a stop from here reaches a run of another process', async () => {
      const home = createHome();
      const child = startChild(home, { mode: 'lead' });
      const { started } = await child.said((line) => typeof line.started === 'string');
      const { backend, disconnect } = home.connect(home.where);
      await backend.open({ recover: false });
      await until(async () => (await backend.get(started as string))?.status === 'waiting');
      expect(await backend.stop(started as string, 'owner')).toBe(true);
      await child.said((line) => line.aborted === started);
      expect(await backend.get(started as string)).toMatchObject({ status: 'stopped' });
      await backend.close();
      await disconnect();
      await endAll([child]);
      await home.remove();
    });
  });
}

const leads = (child: Child): boolean => child.lines.findLast((line) => 'leading' in line)?.leading === true;

async function endAll(children: Child[]): Promise<void> {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(children.map(async (child) => child.exited));
}
