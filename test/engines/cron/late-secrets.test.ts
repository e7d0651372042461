import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { startApp } from '../../support/app.ts';

const secret = 'Zq7OfAJob93xKwT';

test('what a job holds that has become a secret since, in another process, is not written down again', async () => {
  const app = await startApp({ recover: true });
  const other = await startApp({ home: app.home });
  const steps = [{ tool: 'file_write', input: { path: path.join(app.files, 'a.txt'), text: secret, mode: 'overwrite' } }];
  await app.call('cron_add', { name: 'often', schedule: 'every 1 second', pauseAfter: 100, steps });
  await other.call('vault_set', { name: 'one', value: secret });
  // A firing that was being reckoned meanwhile may know nothing of it.
  const from = Date.now() + 500;
  const since = async () => (await app.backend.list({ kind: 'cron', limit: 100 })).items.filter(({ createdAt }) => createdAt > from);
  await vi.waitFor(async () => expect((await since()).some(({ endedAt }) => endedAt !== undefined)).toBe(true), { timeout: 25_000 });
  expect(JSON.stringify(await since())).not.toContain(secret);
});
