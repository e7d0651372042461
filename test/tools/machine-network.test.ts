import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';

interface Network {
  listening: { port: number }[];
}

test('who asks about a port is told of that port', async () => {
  const app = await startApp();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect((await app.output<Network>('machine_network', { port })).listening).toMatchObject([{ port }]);
  server.close();
  await once(server, 'close');
  const { output, summary } = await app.call('machine_network', { port });
  expect((output as Network).listening).toEqual([]);
  expect(summary).toContain(`Nothing listens on port ${port}.`);
});
