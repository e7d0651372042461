import { expect, test } from 'vitest';
import { isGone, thisProcess } from '../../src/durable/process-identity.ts';

const self = thisProcess();
/** Above the largest pid that Linux gives out. */
const nobody = 4_194_305;

test('a process that runs is not gone', () => {
  expect(isGone(self, self)).toBe(false);
});

test('a pid that nobody has is gone', () => {
  expect(isGone({ ...self, pid: nobody }, self)).toBe(true);
});

test.runIf(self.started !== '')('a pid that someone else has by now is gone', () => {
  expect(isGone({ ...self, started: '1' }, self)).toBe(true);
});

test('a pid of another boot, of another pid namespace, or where the system tells neither, says nothing', () => {
  for (const other of [{ bootId: 'other' }, { pidNamespace: 'pid:[1]' }]) {
    expect(isGone({ ...self, pid: nobody, ...other }, self)).toBe(false);
  }
  const untold = { ...self, bootId: '', pidNamespace: '' };
  expect(isGone({ ...untold, pid: nobody }, untold)).toBe(false);
});
