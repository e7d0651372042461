import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { mark } from '../../src/core/redaction/mark.ts';
import type { CallResult } from '../../src/gate/gate-types.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { bytesBelow } from '../support/canaries.ts';

const secret = 'tr0ub4dor&"3" horse';
let app: TestApp;

beforeEach(async () => {
  app = await startApp();
  app.redactor.add(secret);
});

const at = (name: string): string => path.join(app.files, name);
const text = (name: string): string => readFileSync(at(name), 'utf8');

test('a result has the mark in place of the secret, and the file keeps its bytes', async () => {
  writeFileSync(at('app.conf'), `user=a\npassword=${secret}\n`);
  await expect(app.output('file_read', { path: at('app.conf') })).resolves.toMatchObject({ text: `user=a\npassword=${mark}\n` });
  expect(text('app.conf')).toContain(secret);
});

test.for([
  ['file_write', { path: 'app.conf', text: `user=b\npassword=${mark}\n`, mode: 'overwrite' }],
  ['file_write', { path: 'app.json', text: JSON.stringify({ password: `x${mark}` }) }],
  ['file_edit', { path: 'app.conf', find: 'tr0', replace: mark }],
  ['shell_run', { script: `cat > app.conf <<'END'\npassword=${mark}\nEND` }],
  ['shell_run', { command: ['tee', 'app.conf'], stdin: `password=${mark}` }],
  ['shell_run', { command: ['sh', '-c', `printf %s '${encodeURIComponent(mark)}' > app.conf`] }],
] as const)('what was redacted is not written back: %s', async ([tool, input]) => {
  writeFileSync(at('app.conf'), secret);
  await expect(app.call(tool, input)).rejects.toMatchObject({
    code: 'denied',
    message: expect.stringMatching(/the secret would be lost.*\$secret/),
  });
  expect(text('app.conf')).toBe(secret);
});

test('copies, moves and backups are bytes, with secrets and marks alike', async () => {
  writeFileSync(at('a.txt'), `${secret} ${mark}`);
  await app.call('file_copy', { from: at('a.txt'), to: at('b.txt') });
  await app.call('file_move', { from: at('b.txt'), to: at('c.txt') });
  expect(text('c.txt')).toBe(`${secret} ${mark}`);
  const { callId } = await app.call('file_write', { path: at('c.txt'), text: 'new', mode: 'overwrite' });
  await app.call('run_undo', { id: callId });
  expect(text('c.txt')).toBe(`${secret} ${mark}`);
});

test('a secret that claw keeps is not written into a file in clear', async () => {
  await expect(app.call('file_write', { path: at('a.txt'), text: `p=${secret}` })).rejects.toMatchObject({
    code: 'denied',
    hint: expect.stringContaining('$secret'),
  });
});

test('a request that repeats a known secret is planned without it, keeps nothing in its place, and the journal never has it', async () => {
  app.redactor.add('tr0ub4dor-3-horse');
  const outcome = await app.output<{ status: string }>('intake_run', { request: 'remember that the password is tr0ub4dor-3-horse' });
  expect(outcome).toMatchObject({ status: 'failed', summary: expect.stringContaining('{"$secret":"name"}') });
  await app.settled();
  const kept = Object.values(bytesBelow(app.home)).join('\n');
  expect(kept).not.toContain('tr0ub4dor');
  expect(kept).toContain(mark);
});

test('a memory is kept without the secret, found, and verified', async () => {
  const { output, callId } = await app.call('memory_remember', { text: `the safe: ${secret}`, tags: [secret] });
  const evidence = await app.gate.verify(
    { kind: 'owner' },
    { tool: 'memory_remember', input: { text: `the safe: ${secret}` }, output, callId },
  );
  expect(evidence).toMatchObject([{ ok: true }]);
  await expect(app.output('memory_recall', { query: 'safe' })).resolves.toMatchObject({
    items: [{ text: `the safe: ${mark}`, tags: [mark] }],
  });
});

test('the long output of a program is redacted on its way to the file, across the pieces in which it comes', async () => {
  const script = `const s = ${JSON.stringify(secret)}; for (let i = 0; i < 30000; i++) process.stdout.write('x'.repeat(i % 97) + s + '\\n')`;
  const lines: string[] = [];
  const call = (): Promise<CallResult> =>
    app.call('shell_run', { command: [process.execPath, '-e', script] }, { onProgress: ({ message }) => lines.push(message) });
  const { approvalId } = (await call().catch((error: unknown) => error)) as { approvalId: string };
  await app.call('approval_answer', { id: approvalId, answer: 'approve' });
  const { output } = await call();
  const { file, stdout } = output as { file: string; stdout: string };
  const whole = readFileSync(file, 'utf8');
  expect(whole.split(mark).length).toBe(30_001);
  expect(`${whole}${stdout}${lines.join('\n')}`).not.toContain('tr0ub4dor');
  expect(lines.length).toBeGreaterThan(0);
});

test('a call whose reversal would need the secret says that it cannot be undone', async () => {
  const { undoable } = await app.call('file_write', { path: at(`named ${secret}.txt`), text: 'x' });
  expect(undoable).toBe(false);
});

test('a search sees a file without its secrets, so that it can neither show nor guess them', async () => {
  writeFileSync(at('app.conf'), `${'x'.repeat(290)} password=${secret} ${'y'.repeat(400)}`);
  const shown = await app.output<{ items: { text: string }[] }>('file_search', { path: at('app.conf'), text: 'password' });
  expect(shown.items[0]!.text).toContain(`password=${mark}`);
  await expect(app.output('file_search', { path: at('app.conf'), text: secret.slice(0, 6) })).resolves.toMatchObject({ matches: 0 });
});

test('settings that are secrets are taken out as well, and the password within an address by itself', async () => {
  app = await startApp({ env: { CLAW_DATABASE_URL: 'postgres://claw:s3same-0pen@db.lan/claw' } });
  writeFileSync(at('log.txt'), 'db postgres://claw:s3same-0pen@db.lan/claw, password s3same-0pen');
  await expect(app.output('file_read', { path: at('log.txt') })).resolves.toMatchObject({ text: `db ${mark}, password ${mark}` });
});
