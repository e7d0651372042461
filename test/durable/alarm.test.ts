import { expect, test } from 'vitest';
import { manualClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { createAlarm } from '../../src/durable/alarm.ts';

const settle = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function setUp() {
  const time = manualClock(0);
  let offset = 0;
  let sleeping = 0;
  const clock = {
    now: () => time.now() + offset,
    sleep: async (ms: number, signal?: AbortSignal) => {
      sleeping += 1;
      return time.sleep(ms, signal).finally(() => (sleeping -= 1));
    },
  };
  const alarm = createAlarm({ clock, log: silentLog });
  return { alarm, time, jump: (ms: number) => void (offset += ms), sleeping: () => sleeping };
}

test('a thousand times are rung in order, with one timer armed', async () => {
  const { alarm, time, sleeping } = setUp();
  const rung: number[] = [];
  for (let i = 0; i < 1_000; i += 1) alarm.set(((i * 7_919) % 1_000) + 1, () => rung.push(time.now()));
  await settle();
  expect(sleeping()).toBe(1);
  for (let ms = 0; ms < 1_000; ms += 1) {
    time.advance(1);
    await settle();
  }
  expect(rung).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
  expect(sleeping()).toBe(0);
});

test('what is taken back does not ring, and a ring that fails stops no other', async () => {
  const { alarm, time } = setUp();
  const rung: string[] = [];
  alarm.set(10, () => {
    throw new Error('broken');
  });
  const takeBack = alarm.set(10, () => rung.push('taken back'));
  alarm.set(10, () => rung.push('rung'));
  takeBack();
  time.advance(10);
  await settle();
  expect(rung).toEqual(['rung']);
});

test('after wall time has jumped, the next check rings what is due', async () => {
  const { alarm, jump, time } = setUp();
  const rung: number[] = [];
  alarm.set(1_000_000, () => rung.push(1));
  jump(2_000_000);
  await settle();
  expect(rung).toEqual([]);
  alarm.check();
  expect(rung).toEqual([1]);
  alarm.set(5_000_000, () => rung.push(2));
  jump(-1_000_000);
  for (let minute = 0; minute < 70; minute += 1) {
    time.advance(60_000);
    await settle();
  }
  expect(rung).toEqual([1, 2]);
});

test('a closed alarm is silent', async () => {
  const { alarm, time, sleeping } = setUp();
  const rung: number[] = [];
  alarm.set(5, () => rung.push(1));
  alarm.close();
  time.advance(10);
  await settle();
  expect([rung, sleeping()]).toEqual([[], 0]);
});
