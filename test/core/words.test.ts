import fc from 'fast-check';
import { expect, test } from 'vitest';
import { manualClock } from '../../src/core/clock.ts';
import { ToolError, exitCodeOf } from '../../src/core/errors.ts';
import { newId } from '../../src/core/ids.ts';
import { callHash, canonicalJson } from '../../src/core/json.ts';
import { createLog } from '../../src/core/log.ts';
import { createRedactor } from '../../src/core/redact.ts';

test('equal values have one canonical text, whatever the order of their keys', () => {
  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value)
        .toReversed()
        .map(([key, inner]) => [key, shuffled(inner)]),
    );
  };
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { seed: 3 },
  );
});

test('one changed byte changes the hash of a call', () => {
  expect(callHash('shell_run', { command: ['rm', 'a'] })).not.toBe(callHash('shell_run', { command: ['rm', 'b'] }));
});

test('ids sort by creation and do not repeat', () => {
  const ids = Array.from({ length: 2_000 }, () => newId('run'));
  expect(new Set(ids).size).toBe(2_000);
  expect(ids).toEqual(ids.toSorted());
  expect(ids[0]).toMatch(/^run_[0-9a-z]{20}$/);
});

test('an error says code, message and hint, and its exit code', () => {
  const error = new ToolError('approval_required', 'No.', { hint: 'Ask.', approvalId: 'apr_1' });
  expect(JSON.parse(JSON.stringify(error))).toEqual({ code: 'approval_required', message: 'No.', hint: 'Ask.', approvalId: 'apr_1' });
  expect([exitCodeOf('failed'), exitCodeOf('invalid_input'), exitCodeOf('denied')]).toEqual([1, 2, 3]);
});

test('the log writes one JSON line per event, from its level up, errors with their text', () => {
  const lines: string[] = [];
  const log = createLog({ level: 'warn', clock: manualClock(0), write: (line) => void lines.push(line) });
  log.info('quiet');
  log.error('broke', { error: new Error('why') });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    time: '1970-01-01T00:00:00.000Z',
    level: 'error',
    event: 'broke',
    error: { message: 'why' },
  });
});

test('a secret is removed wherever it stands, also in keys', () => {
  const redactor = createRedactor();
  redactor.add('s3cret-value');
  expect(JSON.stringify(redactor.value({ a: ['x s3cret-value y'], 's3cret-value': { b: 's3cret-values3cret-value' } }))).not.toContain(
    's3cret-value',
  );
  expect(() => redactor.add('abc')).toThrow(RangeError);
});

test('a sleeper wakes when the manual clock reaches it, or rejects when aborted', async () => {
  const clock = manualClock();
  const stop = new AbortController();
  const [woken, aborted] = [clock.sleep(100), clock.sleep(1_000, stop.signal)];
  clock.advance(100);
  await expect(woken).resolves.toBeUndefined();
  stop.abort(new Error('stop'));
  await expect(aborted).rejects.toThrow('stop');
});
