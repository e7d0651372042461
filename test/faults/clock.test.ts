import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { systemClock, type Clock } from '../../src/core/clock.ts';
import { newId } from '../../src/core/ids.ts';
import { startApp } from '../support/app.ts';

const hourMs = 3_600_000;

/** The system's clock, set forward and back by hand. */
function jumpingClock(): Clock & { jump(ms: number): void } {
  let offset = 0;
  return { now: () => Date.now() + offset, sleep: systemClock.sleep, jump: (ms) => void (offset += ms) };
}

test('ids go on ascending when the clock is set back', () => {
  const first = newId('run');
  const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 24 * hourMs);
  const ids = [first, newId('run'), newId('run')];
  now.mockRestore();
  expect(ids).toEqual(ids.toSorted());
  expect(new Set(ids).size).toBe(3);
});

test('after the clock is set back calls are served, the audit stays one chain, and the process keeps the lead', async () => {
  const clock = jumpingClock();
  const app = await startApp({ clock, recover: true });
  await app.call('memory_remember', { text: 'before the jump' });
  clock.jump(-48 * hourMs);
  await app.call('memory_remember', { text: 'after the jump' });
  const { items } = await app.output<{ items: { text: string }[] }>('memory_list', {});
  expect(items.map(({ text }) => text).toSorted()).toEqual(['after the jump', 'before the jump']);
  expect(await app.output('audit_verify', {})).toMatchObject({ ok: true });
  expect(await app.output('status_show', {})).toMatchObject({ leader: true });
  const tail = await app.output<{ items: { seq: number }[] }>('audit_tail', {});
  expect(tail.items.map(({ seq }) => seq)).toEqual(tail.items.map(({ seq }) => seq).toSorted((a, b) => b - a));
});

test('a run that was started before the clock was set back ends', async () => {
  const clock = jumpingClock();
  const app = await startApp({ clock, recover: true });
  const running = app.output<{ status: string }>('intake_run', { request: 'check the memory of this machine' });
  clock.jump(-7 * 24 * hourMs);
  expect(await running).toMatchObject({ status: 'done' });
});

test('an approval that has lapsed stays lapsed when the clock is set back, and an open one opens one call', async () => {
  const clock = jumpingClock();
  const app = await startApp({ clock });
  const file = (name: string): string => path.join(app.files, `${name}.txt`);
  const ask = async (name: string): Promise<string> => {
    await app.call('file_write', { path: file(name), text: name });
    return app.call('file_delete', { path: file(name) }).then(
      () => '',
      (error: { approvalId: string }) => error.approvalId,
    );
  };
  const lapsed = await ask('first');
  clock.jump(25 * hourMs);
  expect(await app.output('approval_list', { status: 'expired' })).toMatchObject({ items: [{ id: lapsed, status: 'expired' }] });
  clock.jump(-26 * hourMs);
  await expect(app.call('approval_answer', { id: lapsed, answer: 'approve' })).rejects.toMatchObject({ code: 'conflict' });
  const open = await ask('second');
  await app.call('approval_answer', { id: open, answer: 'approve' });
  clock.jump(-hourMs);
  await app.call('file_delete', { path: file('second') });
  await app.call('file_write', { path: file('second'), text: 'again' });
  await expect(app.call('file_delete', { path: file('second') })).rejects.toMatchObject({ code: 'approval_required' });
});

test('an approval lives no longer because the clock was set back: one day from when that is seen, at most', async () => {
  const clock = jumpingClock();
  const app = await startApp({ clock });
  const file = path.join(app.files, 'a.txt');
  await app.call('file_write', { path: file, text: 'a' });
  const ask = (): Promise<string> =>
    app.call('file_delete', { path: file }).then(
      () => '',
      (error: { approvalId: string }) => error.approvalId,
    );
  const id = await ask();
  await app.call('approval_answer', { id, answer: 'approve' });
  clock.jump(-30 * 24 * hourMs);
  expect(await app.output('approval_list', { status: 'approved' })).toMatchObject({ items: [{ id }] });
  clock.jump(25 * hourMs);
  expect(await app.output('approval_list', { status: 'expired' })).toMatchObject({ items: [{ id }] });
  expect(await ask()).not.toBe(id);
});
