import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/core/config.ts';
import type { Checkpoint } from '../../src/gate/audit/audit-checkpoint.ts';
import { startApp } from '../support/app.ts';
import { temporaryFolder } from '../support/folder.ts';
import { openAudit, type AuditBench, type BenchOptions } from './audit-bench.ts';

function open(folder = temporaryFolder(), options: BenchOptions = {}): AuditBench {
  const bench = openAudit(folder, options);
  onTestFinished(() => bench[Symbol.dispose]());
  return bench;
}

const linesOf = (file: string): Checkpoint[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Checkpoint);

/** Cuts claw.db and audit.log after row `to`, and takes away what claw.db knows of checkpoints. */
function cut({ database, file }: AuditBench, to: number): void {
  const raw = new Database(database);
  raw.prepare('DELETE FROM audit WHERE seq > ?').run(to);
  raw.prepare('DELETE FROM audit_checkpoints').run();
  raw.close();
  const kept = readFileSync(file, 'utf8').split('\n').slice(0, to).join('\n');
  truncateSync(file, Buffer.byteLength(kept) + 1);
}

test('a checkpoint proves the rows up to it, and its key is for the owner only', async () => {
  const folder = temporaryFolder();
  const bench = open(folder);
  bench.record(10);
  const made = await bench.checkpoints.make();
  expect(made).toMatchObject({ checkpoint: { kind: 'checkpoint', from: 1, seq: 10 }, export: 'off' });
  bench.record(3);
  await expect(bench.check()).resolves.toMatchObject({ ok: true, rows: 13, provenTo: 10, checkpoints: 1 });
  expect(statSync(path.join(folder, 'audit.key')).mode & 0o777).toBe(0o600);
});

test('a tail that is cut everywhere is found through the exported file', async () => {
  const exported = path.join(temporaryFolder(), 'checkpoints.jsonl');
  const bench = open(temporaryFolder(), { exportTo: `file:${exported}` });
  bench.record(20);
  await bench.checkpoints.make();
  bench.mirror.flush();
  cut(bench, 12);
  await expect(bench.check()).resolves.toMatchObject({ ok: false, firstBad: 13, where: 'claw.db' });
});

test('a copy kept elsewhere finds what the folder itself no longer shows', async () => {
  const kept = path.join(temporaryFolder(), 'kept.jsonl');
  const bench = open();
  bench.record(20);
  const { checkpoint } = await bench.checkpoints.make();
  bench.mirror.flush();
  writeFileSync(kept, `${JSON.stringify(checkpoint)}\n`);
  cut(bench, 12);
  await expect(bench.check()).resolves.toMatchObject({ ok: true, rows: 12 });
  await expect(bench.check(kept)).resolves.toMatchObject({ ok: false, firstBad: 13 });
});

test('a folder swapped for another is found: its key has signed nothing that was kept', async () => {
  const kept = path.join(temporaryFolder(), 'kept.jsonl');
  const bench = open();
  bench.record(20);
  const { checkpoint } = await bench.checkpoints.make();
  writeFileSync(kept, `${JSON.stringify(checkpoint)}\n`);
  const other = open();
  other.record(20);
  await other.checkpoints.make();
  await expect(other.check(kept)).resolves.toMatchObject({ ok: false, firstBad: 20, where: 'checkpoint' });
});

test('a forged checkpoint is named', async () => {
  const kept = path.join(temporaryFolder(), 'kept.jsonl');
  const bench = open();
  bench.record(20);
  const { checkpoint } = await bench.checkpoints.make();
  writeFileSync(kept, `${JSON.stringify({ ...checkpoint, seq: 19 })}\n`);
  await expect(bench.check(kept)).resolves.toMatchObject({ ok: false, firstBad: 19, where: 'checkpoint' });
  writeFileSync(kept, '{"seq":1}\n');
  await expect(bench.check(kept)).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringContaining('Line 1') as string });
});

test('one is made every so many rows', async () => {
  const bench = open(temporaryFolder(), { every: 10 });
  bench.record(35);
  await new Promise((resolve) => setImmediate(resolve));
  bench.record(5);
  await new Promise((resolve) => setImmediate(resolve));
  expect(bench.checkpoints.list().map(({ seq }) => seq)).toEqual([35, 40]);
});

test('the daemon signs as it goes down', async () => {
  const exported = path.join(temporaryFolder(), 'checkpoints.jsonl');
  const app = await startApp({ recover: true, env: { CLAW_AUDIT_EXPORT: `file:${exported}` } });
  await app.call('memory_remember', { text: 'a fact' });
  await app[Symbol.asyncDispose]();
  expect(linesOf(exported)).toMatchObject([{ kind: 'checkpoint', seq: 2 }]);
});

test('a command gets the line on stdin, an address as the body of a POST', async () => {
  const folder = temporaryFolder();
  const byCommand = open(folder, { exportTo: `command:tee -a ${path.join(folder, 'out.jsonl')}` });
  byCommand.record(3);
  await expect(byCommand.checkpoints.make()).resolves.toMatchObject({ export: 'done' });
  expect(linesOf(path.join(folder, 'out.jsonl'))).toMatchObject([{ seq: 3 }]);

  const bodies: string[] = [];
  const server = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => bodies.push(text));
    request.on('end', () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const byAddress = open(temporaryFolder(), { exportTo: `http://127.0.0.1:${(server.address() as AddressInfo).port}/audit` });
  byAddress.record(3);
  await expect(byAddress.checkpoints.make()).resolves.toMatchObject({ export: 'done' });
  expect(JSON.parse(bodies[0]!)).toMatchObject({ seq: 3 });
});

test('an export that fails is said, and sent with the next one', async () => {
  const folder = path.join(temporaryFolder(), 'later');
  const exported = path.join(folder, 'checkpoints.jsonl');
  const bench = open(temporaryFolder(), { exportTo: `file:${exported}` });
  bench.record(3);
  await expect(bench.checkpoints.make()).resolves.toMatchObject({ export: 'failed' });
  mkdirSync(folder);
  bench.record(3);
  await expect(bench.checkpoints.make()).resolves.toMatchObject({ export: 'done' });
  expect(linesOf(exported).map(({ seq }) => seq)).toEqual([3, 6]);
});

test('the setting is checked at the start, and a foreign .env cannot set it', () => {
  const folder = temporaryFolder();
  const load = (env: Record<string, string>) => loadConfig({ env: { CLAW_HOME: folder, ...env }, cwd: folder, root: '/' });
  for (const bad of ['http://10.0.0.1/x', 'file:relative', 'command:', 'ftp://x'])
    expect(() => load({ CLAW_AUDIT_EXPORT: bad })).toThrow(expect.objectContaining({ code: 'bad_config' }));
  const project = temporaryFolder();
  writeFileSync(path.join(project, '.env'), 'CLAW_AUDIT_EXPORT=command:evil\n');
  expect(loadConfig({ env: { CLAW_HOME: folder }, cwd: project, root: '/' }).values.CLAW_AUDIT_EXPORT).toBe('');
});

test('a damaged key is an error that names the file', async () => {
  const folder = temporaryFolder();
  const bench = open(folder);
  bench.record(3);
  writeFileSync(path.join(folder, 'audit.key'), 'no key', { mode: 0o600 });
  await expect(bench.checkpoints.make()).rejects.toMatchObject({
    code: 'bad_config',
    message: expect.stringContaining('audit.key') as string,
  });
});

test('rotation moves old rows to a file that proves itself, and the chain goes on', async () => {
  const bench = open();
  bench.record(100);
  bench.mirror.flush();
  await expect(bench.archive.rotate({ keepRows: 40 })).resolves.toMatchObject({ moved: 60, from: 1, to: 60, startsAt: 1 });
  bench.record(10);
  bench.mirror.flush();
  expect(bench.audit.count()).toBe(50);
  await expect(bench.check()).resolves.toMatchObject({ ok: true, rows: 110, startsAt: 1, provenTo: 60 });
  expect(readFileSync(bench.file, 'utf8').split('\n')[0]).toContain('"seq":61,');
  await expect(bench.archive.rotate({ keepRows: 10 })).resolves.toMatchObject({ moved: 40, from: 61, to: 100 });
  await expect(bench.check()).resolves.toMatchObject({ ok: true, rows: 110, provenTo: 100 });
});

test('rotation by age moves what is older, and a call under way stays', async () => {
  const bench = open();
  bench.record(10);
  bench.clock.advance(40 * 86_400_000);
  bench.audit.record({ event: 'started', callId: 'call_open', caller: { kind: 'owner' }, tool: 'demo_do' });
  bench.record(5);
  await expect(bench.archive.rotate({ olderThanDays: 30 })).resolves.toMatchObject({ moved: 10 });
  await expect(bench.archive.rotate({ keepRows: 1 })).resolves.toMatchObject({ moved: 0 });
  bench.audit.closeOrphans('w1');
  await expect(bench.check()).resolves.toMatchObject({ ok: true, rows: 17 });
});

test('rows deleted by retention are gone and said to be; rows deleted by hand are missed', async () => {
  const bench = open();
  bench.record(50);
  await bench.archive.rotate({ keepRows: 20 });
  bench.clock.advance(400 * 86_400_000);
  const copy = temporaryFolder();
  cpSync(bench.archives, copy, { recursive: true });
  await expect(bench.archive.rotate({ dropOlderThanDays: 365 })).resolves.toMatchObject({ dropped: 1, startsAt: 31 });
  await expect(bench.check()).resolves.toMatchObject({ ok: true, rows: 20, startsAt: 31 });
  const raw = new Database(bench.database);
  raw.prepare("DELETE FROM audit_checkpoints WHERE kind = 'dropped'").run();
  raw.close();
  await expect(bench.check()).resolves.toMatchObject({ ok: false, firstBad: 1, where: 'archive' });
});

test.for([
  ['deleted', 1, (file: string) => rmSync(file)],
  ['changed', 7, (file: string) => writeFileSync(file, readFileSync(file, 'utf8').replace('"seq":7,', '"seq":7 ,'))],
  ['cut', 21, (file: string) => writeFileSync(file, readFileSync(file, 'utf8').split('\n').slice(0, 20).join('\n') + '\n')],
  ['continued', 31, (file: string) => writeFileSync(file, `${readFileSync(file, 'utf8')}{}\n`)],
] as const)('an archive that was %s is found', async ([, firstBad, tamper]) => {
  const bench = open();
  bench.record(50);
  const { file } = await bench.archive.rotate({ keepRows: 20 });
  tamper(file!);
  await expect(bench.check()).resolves.toMatchObject({ ok: false, firstBad, where: 'archive' });
});

test('a chain that is not whole is not moved', async () => {
  const bench = open();
  bench.record(50);
  const raw = new Database(bench.database);
  raw.prepare("UPDATE audit SET tool = 'other' WHERE seq = 9").run();
  raw.close();
  await expect(bench.archive.rotate({ keepRows: 20 })).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('row 9') as string,
  });
  expect(bench.audit.count()).toBe(50);
});

test('a rotation that was cut off before it was on record is made again', async () => {
  const folder = temporaryFolder();
  const bench = open(folder);
  bench.record(50);
  bench.mirror.flush();
  mkdirSync(bench.archives);
  writeFileSync(path.join(bench.archives, 'audit-000000000001.jsonl'), 'half a li');
  await expect(bench.archive.rotate({ keepRows: 20 })).resolves.toMatchObject({ moved: 30 });
  await expect(bench.check()).resolves.toMatchObject({ ok: true, rows: 50 });
  expect(existsSync(path.join(bench.archives, 'audit-000000000001.jsonl.new'))).toBe(false);
});

test('the tools: sign, rotate, verify, by those who may', async () => {
  const app = await startApp();
  await app.call('memory_remember', { text: 'a fact' });
  await expect(app.output('audit_checkpoint')).resolves.toMatchObject({ export: 'off' });
  await expect(app.output('audit_rotate', { keepRows: 2 })).resolves.toMatchObject({ startsAt: 1 });
  await expect(app.output('audit_verify')).resolves.toMatchObject({ ok: true });
  await expect(app.output('audit_key')).resolves.toMatchObject({ publicKey: expect.stringContaining('BEGIN PUBLIC KEY') as string });
  const denied = expect.objectContaining({ code: 'denied' }) as object;
  await expect(app.gate.call({ kind: 'agent' }, 'audit_rotate', { keepRows: 1 })).rejects.toEqual(denied);
  await expect(app.gate.call({ kind: 'mcp' }, 'audit_verify', { checkpoints: '/etc/passwd' })).rejects.toEqual(denied);
  await expect(app.call('audit_rotate', { dropOlderThanDays: 1 })).rejects.toMatchObject({ code: 'approval_required' });
  await expect(app.call('audit_rotate', {})).rejects.toMatchObject({ code: 'invalid_input' });
});
