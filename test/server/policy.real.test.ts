import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { claw, startServe } from '../support/processes.ts';

function homeWith(policy: string): string {
  const home = path.join(temporaryFolder(), 'home');
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(path.join(home, 'policy.yaml'), policy, { mode: 0o600 });
  return home;
}

test('a broken policy.yaml refuses to serve, naming line and column, and doctor says the same', async () => {
  const home = homeWith('rules:\n  - then: allow\n    tol: shell_run\n');
  const served = await claw(['serve', '--port', '0'], { home });
  expect([served.code, served.stderr]).toEqual([2, expect.stringContaining('policy.yaml, line 3, column 5')]);
  const { code, stdout } = await claw(['doctor'], { home });
  expect([code, stdout]).toEqual([1, expect.stringContaining('line 3, column 5')]);
});

test('a daemon takes up an edit at the next call, and keeps the last good rules when the edit is broken', async () => {
  const home = homeWith('rules: [{ then: deny, tool: memory_stats }]');
  await using served = await startServe(['--port', '0'], { home });
  expect(served.home).toBe(home);
  const stats = async (): Promise<number | null> => (await claw(['memory', 'stats'], { home })).code;
  expect(await stats()).toBe(3);
  writeFileSync(path.join(home, 'policy.yaml'), 'rules: [{ then: deny, tool: memory_lists }]');
  expect(await stats()).toBe(0);
  writeFileSync(path.join(home, 'policy.yaml'), 'rules: [{ then: deny, tool: memory_stats }, {}]');
  expect(await stats()).toBe(0);
  expect((await claw(['status', 'show'], { home })).stdout).toContain('Warning: policy.yaml is broken');
});

test('claw policy test explains a call from the command line', async () => {
  const home = homeWith('rules: [{ then: allow, name: old logs, tool: shell_run, command: rm old.log }]');
  const call = 'shell_run {"command":["rm","old.log"]}';
  const told = await claw(['policy', 'test', call, '--caller', 'agent'], { home });
  expect([told.code, told.stdout]).toEqual([0, expect.stringContaining('Decided by: rule 1 (old logs) of policy.yaml')]);
  const json = await claw(['policy', 'test', 'shell_run {"script":"rm -rf /"}', '--json'], { home });
  expect(JSON.parse(json.stdout)).toMatchObject({ verdict: 'deny', decidedBy: 'built in', command: { risk: 'destructive' } });
});
