import { setImmediate as turn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { manualClock } from '../../src/core/clock.ts';
import { openDatabase } from '../../src/core/database.ts';
import { ToolError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { createOutbox, outboxSchema, type Message, type Outbox } from '../../src/durable/outbox.ts';

const message = (key: string): Message => ({ key, scope: 'fir_1', tool: 'file_write', input: { text: key }, run: 'run_1', job: 'job_1' });

interface Post {
  outbox: Outbox;
  clock: ReturnType<typeof manualClock>;
  /** The keys of every attempt. */
  attempts: string[];
  /** What the next attempts throw. */
  faults: unknown[];
  /** Keys whose delivery does not end. */
  held: Set<string>;
  state: { isStopped: boolean };
  transaction<T>(work: () => T): T;
  /** Lets `ms` pass, in steps in which a delivery can end. */
  pass(ms: number): Promise<void>;
}

function post({ isLeader = true } = {}): Post {
  const clock = manualClock();
  const state = { isStopped: false };
  const db = openDatabase(':memory:', [outboxSchema]);
  const [attempts, faults]: [string[], unknown[]] = [[], []];
  const held = new Set<string>();
  const deliver = async ({ key }: Message, signal: AbortSignal): Promise<void> => {
    attempts.push(key);
    if (held.has(key)) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    const fault = faults.shift();
    if (fault !== undefined) throw fault;
  };
  const outbox = createOutbox({ db, clock, log: silentLog, isLeader: () => isLeader, isStopped: () => state.isStopped, deliver });
  onTestFinished(async () => {
    await outbox.close();
    db.close();
  });
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left >= 0; left -= 500) {
      for (let round = 0; round < 5; round += 1) await turn();
      clock.advance(Math.min(500, left));
    }
    for (let round = 0; round < 5; round += 1) await turn();
  };
  return { outbox, clock, state, attempts, faults, held, transaction: (work) => db.transaction(work), pass };
}

const unavailable = new ToolError('unavailable', 'Not now.');

test('a message is delivered once it is noticed, and another with its key is not taken', async () => {
  const { outbox, attempts, pass } = post();
  outbox.put(message('a'));
  outbox.put(message('a'));
  outbox.notice();
  await pass(0);
  expect(attempts).toEqual(['a']);
  expect(outbox.of('fir_1')).toEqual([{ key: 'a', tool: 'file_write', status: 'delivered', attempts: 1 }]);
});

test('what was rolled back is not sent', async () => {
  const { outbox, attempts, transaction, pass } = post();
  const work = (): void => {
    outbox.put(message('a'));
    throw new Error('no');
  };
  expect(() => transaction(work)).toThrow('no');
  outbox.notice();
  await pass(0);
  expect(attempts).toEqual([]);
});

test('a delivery that fails is tried again, with the same key, after pauses that grow', async () => {
  const { outbox, attempts, faults, pass } = post();
  faults.push(unavailable, unavailable, unavailable);
  outbox.put(message('a'));
  outbox.notice();
  const counts: number[] = [];
  for (const seconds of [0, 1, 1, 1, 4]) {
    await pass(seconds * 1_000);
    counts.push(attempts.length);
  }
  expect(counts).toEqual([1, 2, 2, 3, 4]);
  expect(new Set(attempts)).toEqual(new Set(['a']));
  expect(outbox.of('fir_1')).toMatchObject([{ status: 'delivered', attempts: 4 }]);
});

test('one message that fails does not hold up the others', async () => {
  const { outbox, attempts, faults, pass } = post();
  faults.push(unavailable);
  outbox.put(message('a'));
  outbox.put(message('b'));
  outbox.notice();
  await pass(0);
  expect(attempts).toEqual(['a', 'b']);
});

test('what would fail again is given up at once, with the reason', async () => {
  const { outbox, faults, pass } = post();
  faults.push(new ToolError('unknown_tool', 'There is no such channel yet.'));
  outbox.put(message('a'));
  outbox.notice();
  await pass(10_000);
  expect(outbox.of('fir_1')).toMatchObject([{ status: 'failed', attempts: 1, error: { message: 'There is no such channel yet.' } }]);
});

test('after twelve attempts it is given up', async () => {
  const { outbox, faults, clock, pass } = post();
  faults.push(...Array.from({ length: 20 }, () => unavailable));
  outbox.put(message('a'));
  outbox.notice();
  for (let round = 0; round < 15; round += 1) {
    await pass(0);
    clock.advance(3_600_000);
    outbox.notice();
  }
  expect(outbox.of('fir_1')).toMatchObject([{ status: 'failed', attempts: 12 }]);
});

test('whoever does not lead delivers nothing', async () => {
  const { outbox, attempts, pass } = post({ isLeader: false });
  outbox.put(message('a'));
  outbox.notice();
  await pass(5_000);
  expect(attempts).toEqual([]);
});

test('while everything is stopped messages wait, and are lost by it no more than by a crash', async () => {
  const { outbox, attempts, state, pass } = post();
  state.isStopped = true;
  outbox.put(message('a'));
  outbox.notice();
  await pass(5_000);
  expect(attempts).toEqual([]);
  state.isStopped = false;
  await pass(1_000);
  expect(outbox.of('fir_1')).toMatchObject([{ status: 'delivered', attempts: 1 }]);
});

test('a message that takes long keeps those for other places not waiting, and those for its own in order', async () => {
  const { outbox, attempts, held, pass } = post();
  held.add('slow');
  outbox.put(message('slow'));
  outbox.put(message('after slow'));
  outbox.put({ ...message('same place'), job: 'job_2' });
  outbox.put({ ...message('other'), tool: 'message_send', input: { channel: 'ops', text: 'other' } });
  outbox.notice();
  await pass(0);
  expect(attempts.toSorted()).toEqual(['other', 'slow']);
});
