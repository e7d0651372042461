import { expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { connectLines, modernMeta } from '../../support/mcp-lines.ts';

const future = { ...modernMeta, 'io.modelcontextprotocol/protocolVersion': '2030-01-01' };

test('a request that names a revision which is not served is refused, first or later', async () => {
  const app = await startApp();
  const refused = { error: { code: -32_022, data: { supported: ['2026-07-28'], requested: '2030-01-01' } } };
  const fresh = connectLines(app);
  expect(await fresh.ask('tools/list', {}, future)).toMatchObject(refused);
  const used = connectLines(app);
  expect(await used.ask('tools/list')).toMatchObject({ result: { tools: expect.any(Array) as object[] } });
  expect(await used.ask('tools/list', {}, future)).toMatchObject(refused);
  expect(await used.ask('subscriptions/listen', { notifications: {} }, future)).toMatchObject(refused);
  expect(await used.ask('tools/list')).toMatchObject({ result: {} });
});
