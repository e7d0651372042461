import { existsSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
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
