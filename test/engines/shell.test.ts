import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';

const isAlive = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2] !== 'Z';
  } catch {
    return false;
  }
};

test('a program sees nothing of the environment of the server but what it needs', async () => {
  const { output } = await startApp();
  const { stdout } = await output<{ stdout: string }>('shell_run', { command: ['env'], env: { OWN: '1' } });
  expect(stdout.trim().split('\n').toSorted()).toEqual(['OWN=1', expect.stringMatching(/^STARTED_BY_CLAW=call_/)]);
});

test('arguments are passed on as they are: no shell reads them', async () => {
  const { output } = await startApp();
  expect(await output('shell_run', { command: ['echo', '$HOME;`id`', '*'] })).toMatchObject({ stdout: '$HOME;`id` *\n', ok: true });
});

test('what a program is given on stdin, and how it ends, is told', async () => {
  const { output } = await startApp();
  expect(await output('shell_run', { command: ['wc', '-c'], stdin: 'abc' })).toMatchObject({ stdout: '3\n' });
  expect(await output('shell_run', { command: ['ls', '/absent'] })).toMatchObject({ ok: false, exitCode: 2 });
});

test.for([
  ['its children', 'sleep 300 & echo "pid $!"; wait'],
  ['children in a session of their own', 'setsid sleep 300 & echo "pid $!"; wait'],
  ['those that have left it', `(setsid sh -c 'echo "pid $$"; exec sleep 300' >&3 2>/dev/null &) 3>&1 | cat & sleep 300`],
  ['children that ignore TERM', `setsid sh -c 'trap "" TERM; echo "pid $$"; sleep 300; sleep 300' & wait`],
  ['children that have dropped their environment', `env -i setsid sh -c 'echo "pid $$"; exec sleep 300' & wait`],
  ['children that do all of this', `env -i setsid sh -c 'trap "" TERM; echo "pid $$"; sleep 300; sleep 300' & wait`],
])('a cancelled command ends, and so do %s', async ([, script]) => {
  const app = await startApp();
  const controller = new AbortController();
  const seen: string[] = [];
  const call = app.call(
    'shell_run',
    { script },
    { signal: controller.signal, onProgress: ({ message }) => (seen.push(message), controller.abort()) },
  );
  await expect(call).rejects.toMatchObject({ code: 'cancelled' });
  const pid = Number(/pid (\d+)/.exec(seen.join('\n'))![1]);
  for (let tries = 0; tries < 50 && isAlive(pid); tries += 1) await sleep(50);
  expect(isAlive(pid)).toBe(false);
});

test('long output is cut in the result and whole behind its link', async () => {
  const { call } = await startApp();
  const { output, link } = await call('shell_run', { command: ['seq', '1', '20000'] });
  expect(JSON.stringify(output).length).toBeLessThanOrEqual(10_000);
  const whole = JSON.parse(readFileSync(link!.file, 'utf8')) as { stdout: string };
  expect(whole.stdout.trim().split('\n')).toHaveLength(20_000);
});

test('very long output goes to a file as it comes', async () => {
  const { output } = await startApp();
  const { file } = await output<{ file: string }>('shell_run', { command: ['seq', '1', '300000'] });
  expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(300_000);
});

test('a program that is not there is named', async () => {
  const { call } = await startApp();
  await expect(call('shell_run', { command: ['no-such-program'] })).rejects.toMatchObject({
    code: 'not_found',
    message: expect.stringContaining('no-such-program'),
  });
});
