import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect, test, vi } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';

/** From now on no audit row for which `condition` holds can be written. */
function refuseRows(app: TestApp, condition: string): void {
  const raw = new Database(path.join(app.home, 'claw.db'));
  raw.exec(`CREATE TRIGGER no_rows BEFORE INSERT ON audit WHEN ${condition} BEGIN SELECT RAISE(ABORT, 'no space'); END`);
  raw.close();
}

test('what cannot be put on record does not happen', async () => {
  const app = await startApp();
  refuseRows(app, 'true');
  const file = path.join(app.files, 'a.txt');
  await expect(app.call('file_write', { path: file, text: 'x' })).rejects.toMatchObject({
    code: 'unavailable',
    message: 'The audit log cannot be written, so nothing is carried out.',
  });
  expect(existsSync(file)).toBe(false);
});

test('a change in claw.db whose outcome cannot be put on record is taken back with it', async () => {
  const app = await startApp();
  refuseRows(app, "new.event = 'ok'");
  await expect(app.call('stop_all')).rejects.toMatchObject({ code: 'internal' });
  await expect(app.gate.call({ kind: 'mcp' }, 'file_list', { path: app.files })).rejects.not.toMatchObject({ code: 'denied' });
});

test.for<[string, (log: string, elsewhere: string) => void]>([
  ['a link to another file', (log, elsewhere) => symlinkSync(elsewhere, log)],
  ['a link to nothing', (log, elsewhere) => symlinkSync(`${elsewhere}.absent`, log)],
  ['a link that swallows everything', (log) => symlinkSync('/dev/null', log)],
  ['a folder', (log) => mkdirSync(log)],
])('with %s in the place of audit.log nothing happens until it is taken away, and no row is lost', async ([, place]) => {
  const app = await startApp();
  await app.call('memory_remember', { text: 'before' });
  const { auditLog } = app.paths;
  const elsewhere = path.join(app.files, 'elsewhere');
  writeFileSync(elsewhere, 'as it was');
  rmSync(auditLog, { force: true });
  place(auditLog, elsewhere);
  const file = path.join(app.files, 'a.txt');
  for (const tool of ['file_write', 'tool_call'] as const) {
    const call = { path: file, text: 'x' };
    await expect(app.call(tool, tool === 'tool_call' ? { tool: 'file_write', input: call } : call)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('The audit log cannot be written, so nothing is carried out'),
      hint: expect.stringContaining('audit.log'),
    });
  }
  expect(existsSync(file)).toBe(false);
  expect(readFileSync(elsewhere, 'utf8')).toBe('as it was');
  rmSync(auditLog, { recursive: true });
  await app.call('file_write', { path: file, text: 'x' });
  expect(await app.output('audit_verify', {})).toMatchObject({ ok: true });
  await vi.waitFor(() => expect(readFileSync(auditLog, 'utf8')).toContain('"refused"'));
});
