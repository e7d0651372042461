import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode, ToolError } from '../../src/core/errors.ts';
import { RunEnd, type DurableBackend, type RunContext, type RunHandler } from '../../src/durable/backend.ts';
import { leaveTrace } from '../support/traces.ts';
import type { Connect } from './backend-home.ts';

/** What a child is told, as JSON in its first argument. It answers in lines on stdout. */
export interface ChildOrder {
  module: string;
  where: string;
  mode: 'five' | 'open' | 'lead';
  /** Runs with these numbers are started, if they were not before. */
  from?: number;
  to?: number;
  /** Ends when no run is open any more. */
  finish?: boolean;
}

export const effectsFile = (where: string): string => path.join(where, 'effects.log');
export const keyedFile = (where: string, key: string): string => path.join(where, 'keyed', key.replaceAll('/', '.'));
/** Whether each of the five steps carries its key to its effect. */
export const keyedSteps = [true, false, true, false, true];

/** Five steps with effects outside of the journal: keyed ones are files, the others lines that pile up. */
function fiveSteps(where: string): RunHandler {
  const note = (line: string): void => leaveTrace(effectsFile(where), line);
  const effect = (key: string, isKeyed: boolean): void => {
    if (!isKeyed) return note(`effect ${key}`);
    try {
      writeFileSync(keyedFile(where, key), key, { flag: 'wx' });
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
  };
  return async (run) => {
    let unknown = 0;
    for (const [index, isKeyed] of keyedSteps.entries()) {
      const spec = { id: `s${index}`, tool: isKeyed ? 'keyed' : 'unkeyed', input: { index }, idempotent: isKeyed };
      await run
        .step(spec, async ({ key }) => {
          await sleep(Math.random() * 15);
          note(`begin ${key}`);
          effect(key, isKeyed);
          await sleep(Math.random() * 15);
          return { key };
        })
        .catch((error: unknown) => {
          if (!(error instanceof ToolError) || error.code !== 'unknown_outcome') throw error;
          unknown += 1;
        });
    }
    return unknown > 0 ? new RunEnd('unknown', { unknown }) : { unknown };
  };
}

/** One step done, then either waiting for a word or in a step that this process never finishes. */
function openRun(where: string, begun: () => void): RunHandler {
  return async (run: RunContext) => {
    const { waits } = run.input as { waits: boolean };
    await run.step({ id: 'first', tool: 'machine_status', input: {}, idempotent: true }, async () =>
      leaveTrace(effectsFile(where), `begin ${run.id}/first`),
    );
    begun();
    if (waits) return run.waitSignal('word');
    return run.step({ id: 'second', tool: 'file_write', input: {}, idempotent: true }, async () => new Promise(() => {}));
  };
}

const say = (line: Record<string, unknown>): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

async function five(backend: DurableBackend, { where, from = 0, to = 0, finish = false }: ChildOrder): Promise<void> {
  if (!existsSync(path.join(where, 'keyed'))) mkdirSync(path.join(where, 'keyed'));
  backend.register('five', fiveSteps(where));
  backend.queue('line', { concurrency: 8 });
  await backend.open({ recover: true });
  for (let number = from; number < to; number += 1)
    await backend.start({ kind: 'five', input: { number }, caller: 'cron', queue: 'line', key: `n${number}` });
  say({ ready: true });
  while (finish && (await openCount(backend)) > 0) await sleep(20);
  if (finish) await backend.close();
}

async function openCount(backend: DurableBackend): Promise<number> {
  const pages = await Promise.all((['queued', 'running', 'waiting'] as const).map(async (status) => backend.list({ status, limit: 1 })));
  return pages.flatMap((page) => page.items).length;
}

async function open(backend: DurableBackend, { where, to = 0 }: ChildOrder): Promise<void> {
  let begun = 0;
  backend.register(
    'open',
    openRun(where, () => {
      begun += 1;
      if (begun === to) setTimeout(say, 50, { ready: true });
    }),
  );
  await backend.open({ recover: true });
  for (let number = 0; number < to; number += 1) await backend.start({ kind: 'open', input: { waits: number % 2 === 0 }, caller: 'owner' });
}

async function lead(backend: DurableBackend): Promise<void> {
  backend.register('ask', async (run) => {
    run.signal.addEventListener('abort', () => say({ aborted: run.id }));
    return [process.pid, await run.waitSignal('word')];
  });
  backend.onLeadership((leading) => say({ leading }));
  await backend.open({ recover: true });
  say({ ready: true });
  if (backend.isLeader()) say({ started: await backend.start({ kind: 'ask', input: {}, caller: 'owner' }) });
}

if (import.meta.main) {
  const order = JSON.parse(process.argv[2] ?? '{}') as ChildOrder;
  const { connect } = (await import(order.module)) as { connect: Connect };
  await { five, open, lead }[order.mode](connect(order.where).backend, order);
}
