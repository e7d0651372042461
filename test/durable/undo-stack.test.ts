import { expect, test } from 'vitest';
import { manualClock } from '../../src/core/clock.ts';
import { openDatabase } from '../../src/core/database.ts';
import { createUndoStack, undoSchema } from '../../src/durable/undo-stack.ts';

function setUp() {
  const db = openDatabase(':memory:', [undoSchema]);
  return { db, stack: createUndoStack({ db, clock: manualClock(5) }) };
}
const remove = (id: string) => ({ tool: 'cron_remove', input: { id } });

test('what can be undone is listed newest first, per scope', () => {
  const { stack } = setUp();
  for (const id of ['a', 'b', 'c']) stack.push('run_1', remove(id));
  stack.push('call_9', remove('z'));
  const entries = stack.ready('run_1');
  expect(entries.map((entry) => entry.call)).toEqual([remove('c'), remove('b'), remove('a')]);
  expect(entries[0]).toMatchObject({ id: expect.stringMatching(/^und_/), createdAt: 5 });
  expect(stack.ready('call_9')).toHaveLength(1);
  expect(stack.ready('run_none')).toEqual([]);
});

test('what was undone is not offered again', () => {
  const { stack } = setUp();
  for (const id of ['a', 'b', 'c']) stack.push('run_1', remove(id));
  const [last, middle] = stack.ready('run_1');
  stack.markUndone(last!.id);
  stack.markUndone(middle!.id);
  expect(stack.ready('run_1').map((entry) => entry.call)).toEqual([remove('a')]);
});

test('an effect that is rolled back leaves nothing to undo', () => {
  const { db, stack } = setUp();
  const failing = (): void =>
    db.transaction(() => {
      stack.push('run_1', remove('a'));
      throw new Error('the effect failed');
    });
  expect(failing).toThrow('the effect failed');
  expect(stack.ready('run_1')).toEqual([]);
});
