import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { owner, startApp } from '../../support/app.ts';
import type { Ran } from './run-text.ts';
import { statusesOf } from './run-text.ts';

const names = ['backup', 'deploy', 'health-check', 'morning-brief', 'morning-infrastructure-check'];

interface Validated {
  missingTools: { step: string; tool: string }[];
  runnable: boolean;
}

test('five workflows come with claw, and each is right', async () => {
  const app = await startApp();
  const { items } = await app.output<{ items: { name: string; problem?: string }[] }>('workflow_list');
  expect(items.map(({ name, problem }) => [name, problem])).toEqual(names.map((name) => [name, undefined]));
});

test('steps whose engines are not there yet are named, and the workflow is not begun', async () => {
  const app = await startApp();
  const there = new Set(app.gate.list(owner).map(({ name }) => name));
  const wanted = [
    ['look', 'ssh_run'],
    ['judge', 'llm_prompt'],
    ['picture', 'browser_screenshot'],
    ['tell', 'message_notify'],
    ['restart', 'ssh_run'],
  ].filter(([, tool]) => !there.has(tool!));
  const { missingTools, runnable } = await app.output<Validated>('workflow_validate', { name: 'morning-infrastructure-check' });
  expect([missingTools.map(({ step, tool }) => [step, tool]), runnable]).toEqual([wanted, wanted.length === 0]);
  const inputs = { host: 'nas', service: 'smbd', url: 'http://nas/' };
  if (wanted.length > 0)
    await expect(app.call('workflow_run', { name: 'morning-infrastructure-check', inputs })).rejects.toMatchObject({ code: 'unavailable' });
});

test('health-check looks at all there is', async () => {
  const app = await startApp();
  const ran = await app.output<Ran>('workflow_run', { name: 'health-check' });
  expect([ran.status, statusesOf(ran)]).toEqual(['done', { machine: 'ok', network: 'ok', audit: 'ok', claw: 'ok' }]);
});

test('morning-brief tells, and what it tells goes to its profile by the outbox', async () => {
  const app = await startApp();
  const ran = await app.output<Ran>('workflow_run', { name: 'morning-brief' });
  expect([ran.status, ran.output.summary]).toEqual(['done', expect.stringMatching(/^.* up .*\n\nWaiting for an answer:\nNo approvals/)]);
  const steps = await app.backend.steps(ran.runId);
  expect(steps.at(-1)).toMatchObject({
    id: '.notify',
    tool: 'message_notify',
    input: { profile: 'daily-digest', text: ran.output.summary },
  });
});

test('backup leaves an archive that can be read back', async () => {
  const app = await startApp();
  const [folder, to] = [path.join(app.files, 'data'), path.join(app.files, 'archives')];
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'a.txt'), 'x');
  const ran = await app.output<Ran>('workflow_run', { name: 'backup', inputs: { folder, to } });
  expect([ran.status, statusesOf(ran)]).toEqual(['done', { target: 'ok', pack: 'ok', readable: 'ok', name: 'ok', prune: 'skipped' }]);
  const archive = path.join(to, `backup-${ran.runId}.tgz`);
  expect(execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' })).toContain('./a.txt');
  const missing = await app.output<Ran>('workflow_run', { name: 'backup', inputs: { folder: `${folder}-none`, to } });
  expect([missing.status, readdirSync(to).filter((name) => name.endsWith('.tgz'))]).toEqual(['failed', [path.basename(archive)]]);
});

test('deploy asks before it touches anything', async () => {
  const app = await startApp({ recover: true });
  const folder = path.join(app.files, 'checkout');
  execFileSync('git', ['init', '--quiet', folder]);
  const ran = await app.output<Ran>('workflow_run', { name: 'deploy', inputs: { folder, url: 'http://127.0.0.1:1/' } });
  expect([ran.status, ran.question]).toEqual(['waiting', `Deploy ${folder}?`]);
  app.approvals.answer(app.approvals.list({ runId: ran.runId, limit: 1 })[0]!.id, 'deny', owner);
  expect(await app.backend.wait(ran.runId, { timeoutMs: 10_000, throughWaiting: true })).toMatchObject({ status: 'declined' });
  expect(execFileSync('git', ['-C', folder, 'tag'], { encoding: 'utf8' })).toBe('');
});
