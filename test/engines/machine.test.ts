import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { totalmem } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { startApp } from '../support/app.ts';

test('memory and disk are those of this machine, in bytes', async () => {
  const { output } = await startApp();
  const status = await output<{ memory: { totalBytes: number }; disks: { mount: string }[]; cpu?: unknown }>('machine_status', {
    parts: ['memory', 'disks'],
  });
  expect(Math.abs(status.memory.totalBytes / totalmem() - 1)).toBeLessThan(0.1);
  expect(status.disks.map(({ mount }) => mount)).toContain('/');
  expect(status.cpu).toBeUndefined();
});

test('a port that listens is listed', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const { output } = await startApp();
  const { listening } = await output<{ listening: { port: number; address: string }[] }>('machine_network');
  expect(listening).toContainEqual(expect.objectContaining({ port, address: '127.0.0.1' }));
});
