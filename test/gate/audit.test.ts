import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { silentLog, type Log } from '../../src/core/log.ts';
import type { Audit } from '../../src/gate/audit/audit.ts';
import { temporaryFolder } from '../support/folder.ts';
import { openAudit, type AuditBench } from './audit-bench.ts';

function open(folder = temporaryFolder(), log: Log = silentLog): AuditBench {
  const bench = openAudit(folder, { log });
  onTestFinished(() => bench[Symbol.dispose]());
  return bench;
}

const record = (audit: Audit, count: number, detail: unknown = 'é…'): void => {
  for (let i = 0; i < count; i += 1) audit.record({ event: 'ok', callId: `call_${i}`, caller: { kind: 'owner' }, tool: 'demo_do', detail });
};

test('an untouched chain verifies, and its mirror is the same', async () => {
  const { audit, mirror, check } = open();
  record(audit, 50);
  mirror.flush();
  await expect(check()).resolves.toEqual({ ok: true, rows: 50, startsAt: 1, checkpoints: 0 });
  await expect(mirror.firstDifference()).resolves.toBeUndefined();
});

test('any edit, deletion, insertion or swap of rows is found at the first bad row', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 19 }), fc.constantFrom('edit', 'delete', 'swap'), async (seq, kind) => {
      const { audit, database, check } = open();
      record(audit, 20);
      const raw = new Database(database);
      if (kind === 'edit') raw.prepare("UPDATE audit SET tool = 'other' WHERE seq = ?").run(seq);
      if (kind === 'delete') raw.prepare('DELETE FROM audit WHERE seq = ?').run(seq);
      if (kind === 'swap') {
        raw.prepare('UPDATE audit SET seq = -1 WHERE seq = ?').run(seq);
        raw.prepare('UPDATE audit SET seq = ? WHERE seq = ?').run(seq, seq + 1);
        raw.prepare('UPDATE audit SET seq = ? WHERE seq = -1').run(seq + 1);
      }
      raw.close();
      await expect(check()).resolves.toMatchObject({ ok: false, firstBad: seq });
    }),
    { numRuns: 30, seed: 7 },
  );
});

test('secrets are not in the rows', () => {
  const { audit } = open();
  record(audit, 1, { input: { text: 'the word is hunter2-secret' } });
  expect(JSON.stringify(audit.search({ limit: 1 }))).not.toContain('hunter2-secret');
});

test('a cut tail of audit.log is repaired and said, wherever it was cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2_000 }), async (cut) => {
      const said: string[] = [];
      const { audit, mirror, file } = open(temporaryFolder(), { ...silentLog, warn: (event) => void said.push(event) });
      record(audit, 10);
      mirror.flush();
      const whole = readFileSync(file, 'utf8');
      truncateSync(file, Math.max(0, Buffer.byteLength(whole) - 1 - cut));
      record(audit, 1);
      mirror.flush();
      expect(readFileSync(file, 'utf8').startsWith(whole)).toBe(true);
      await expect(mirror.firstDifference()).resolves.toBeUndefined();
      expect(said).toEqual(['audit_log_repaired']);
    }),
    { numRuns: 25, seed: 11 },
  );
});

test('a changed audit.log is an error that names its first bad row, and is left as it is', async () => {
  const { audit, mirror, file } = open();
  record(audit, 10);
  mirror.flush();
  const lines = readFileSync(file, 'utf8').split('\n');
  lines[4] = lines[4]!.replace('demo_do', 'demo_no');
  writeFileSync(file, lines.join('\n'));
  await expect(mirror.firstDifference()).resolves.toBe(5);
});

test('a line added to audit.log from outside stops the mirror with a conflict', async () => {
  const { audit, mirror, file } = open();
  record(audit, 3);
  mirror.flush();
  appendFileSync(file, '{"forged":true}\n');
  record(audit, 1);
  expect(() => mirror.flush()).toThrow(expect.objectContaining({ code: 'conflict' }));
  await expect(mirror.firstDifference()).resolves.toBe(4);
});

test('two processes share one log: each adds the rows of both, in order', async () => {
  const folder = temporaryFolder();
  const [one, two] = [open(folder), open(folder)];
  for (let i = 0; i < 20; i += 1) {
    record(i % 2 === 0 ? one.audit : two.audit, 1);
    (i % 3 === 0 ? one.mirror : two.mirror).flush();
  }
  one.mirror.flush();
  await expect(one.check()).resolves.toMatchObject({ ok: true, rows: 20 });
  await expect(two.mirror.firstDifference()).resolves.toBeUndefined();
});

test('calls that a dead process left open become unknown', () => {
  const { audit } = open();
  audit.record({ event: 'started', callId: 'call_1', caller: { kind: 'mcp', name: 'a:b' }, tool: 'demo_do', runId: 'run_1' });
  audit.record({ event: 'started', callId: 'call_2', caller: { kind: 'owner' }, tool: 'demo_do' });
  audit.record({ event: 'ok', callId: 'call_2', caller: { kind: 'owner' }, tool: 'demo_do' });
  audit.closeOrphans('w1');
  expect(audit.search({ event: 'unknown', limit: 5 })).toMatchObject([{ callId: 'call_1', caller: 'mcp:a:b', runId: 'run_1' }]);
  expect(audit.isOpen('call_1')).toBe(false);
});

test('search finds by text, literally', () => {
  const { audit } = open();
  record(audit, 1, { text: '100% sure' });
  record(audit, 1, { text: '1000 sure' });
  expect(audit.search({ text: '100%', limit: 10 })).toHaveLength(1);
});

test('a name that is cut in the middle of a character does not look like tampering', async () => {
  const { audit, check } = open();
  audit.record({
    event: 'refused',
    callId: 'call_1',
    caller: { kind: 'mcp', name: 'a\ud83d' },
    tool: 'tool_\ud83d',
    detail: 'x\ud83d\u0000',
  });
  await expect(check()).resolves.toMatchObject({ ok: true, rows: 1 });
});
