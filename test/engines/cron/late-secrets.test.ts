import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { startApp } from '../../support/app.ts';

const secret = 'Zq7OfAJob93xKwT';

test('what a job holds that has become a secret since, in another process, is not written down again', async () => {
  const app = await startApp({ recover: true });
  const steps = [{ tool: 'file_write', input: { path: path.join(app.files, 'a.txt'), text: secret } }];
  await app.call('cron_add', { name: 'later', schedule: 'in 1 second', steps });
  const other = await startApp({ home: app.home });
  await other.call('vault_set', { name: 'one', value: secret });
  const runs = async () => (await app.backend.list({ kind: 'cron', limit: 10 })).items;
  await vi.waitFor(async () => expect((await runs()).some(({ endedAt }) => endedAt !== undefined)).toBe(true), { timeout: 15_000 });
  expect(JSON.stringify(await runs())).not.toContain(secret);
});
