import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';

const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  for (let look = 0; look < 200 && !(await condition()); look += 1) await new Promise((resolve) => setTimeout(resolve, 20));
};

test('closing ends the calls under way, with their outcome on record, and takes no more', async () => {
  const app = await startApp();
  let hasBegun = false;
  const call = app.call('shell_run', { script: 'echo begun; sleep 30' }, { onProgress: () => (hasBegun = true) });
  const heard = expect(call).rejects.toMatchObject({ code: 'cancelled' });
  await until(() => hasBegun);
  await app[Symbol.asyncDispose]();
  await heard;
  await expect(app.call('memory_list')).rejects.toMatchObject({ code: 'cancelled', message: expect.stringContaining('shutting down') });
  const again = await startApp({ home: app.home });
  const { items } = await again.output<{ items: { event: string; tool: string; detail: string }[] }>('audit_tail');
  expect(items.filter(({ tool }) => tool === 'shell_run')).toMatchObject([
    { event: 'unknown', detail: expect.stringContaining('shutting down') },
    { event: 'started' },
  ]);
});

test('closing does not stop the run of a request: the next process has it', async () => {
  const app = await startApp();
  const statuses = async (one: typeof app): Promise<string[]> =>
    (await one.output<{ items: { status: string }[] }>('run_list')).items.map(({ status }) => status);
  const heard = expect(app.call('intake_run', { request: 'run "sleep 30"' })).rejects.toMatchObject({ code: 'cancelled' });
  await until(async () => (await statuses(app)).includes('running'));
  await app[Symbol.asyncDispose]();
  await heard;
  expect(await statuses(await startApp({ home: app.home }))).not.toContain('stopped');
});
