import { expect, test } from 'vitest';
import type { Caller } from '../../src/core/tool.ts';
import { startApp } from '../support/app.ts';

const mcp: Caller = { kind: 'mcp', name: 'a client' };

test('"last" is the latest that clients have changed for a client, and the latest of all for the owner', async () => {
  const app = await startApp();
  const remember = (caller: Caller, text: string): Promise<unknown> => app.gate.call(caller, 'memory_remember', { text });
  const texts = async (): Promise<string[]> =>
    (await app.output<{ items: { text: string }[] }>('memory_list', {})).items.map(({ text }) => text).toSorted();
  await remember(mcp, 'one of the client');
  await remember({ kind: 'owner' }, 'two of the owner');
  await app.gate.call(mcp, 'run_undo', { id: 'last' });
  expect(await texts()).toEqual(['two of the owner']);
  await expect(app.gate.call(mcp, 'run_undo', { id: 'last' })).rejects.toMatchObject({ code: 'not_found' });
  await app.call('run_undo', { id: 'last' });
  expect(await texts()).toEqual([]);
});
