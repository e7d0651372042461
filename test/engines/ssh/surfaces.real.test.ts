import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { connectLines } from '../../support/mcp-lines.ts';
import { claw } from '../../support/processes.ts';
import { hasSshServer, startSshServer } from '../../support/ssh-server.ts';

const onServer = hasSshServer() ? test : test.skip;

const workflow = `name: look
steps:
  - id: look
    tool: ssh_run
    input: {host: nas, command: [echo, seen]}
  - id: keep
    tool: memory_remember
    input: {text: "it said \${{ steps.look.summary }}"}
`;

onServer('a host is added, trusted, and asked by a command, in plain words and by a workflow', { timeout: 120_000 }, async () => {
  const server = await startSshServer();
  const home = path.join(temporaryFolder(), 'home');
  const add = ['--alias', 'nas', '--hostname', '127.0.0.1', '--port', String(server.port), '--key_file', server.keyFile];
  const added = await claw(['ssh', 'host-add', ...add, '--json'], { home });
  const { hostKey, fingerprint } = JSON.parse(added.stdout) as { hostKey: string; fingerprint: string };
  expect(hostKey).toBe('unknown');
  expect(await claw(['ssh', 'run', 'nas', 'echo', 'in'], { home })).toMatchObject({
    code: 3,
    stderr: expect.stringContaining(fingerprint),
  });
  expect((await claw(['ssh', 'host-trust', '--host', 'nas', '--fingerprint', fingerprint], { home })).code).toBe(0);
  expect(await claw(['ssh', 'run', 'nas', 'echo', 'in'], { home })).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/nas +ok +0 +in/),
  });

  const done = await claw(['do', 'run "echo hello" on nas over ssh', '--json'], { home });
  expect(JSON.parse(done.stdout)).toMatchObject({
    status: 'done',
    verified: 1,
    tasks: [{ tool: 'ssh_run', evidence: [{ check: 'it ended on nas with exit code 0', ok: true }] }],
  });

  mkdirSync(path.join(home, 'workflows'), { recursive: true });
  writeFileSync(path.join(home, 'workflows', 'look.yaml'), workflow);
  expect(await claw(['workflow', 'run', 'look', '--json'], { home })).toMatchObject({ code: 0 });
  const recalled = await claw(['memory', 'recall', 'what did nas say', '--json'], { home });
  expect(recalled.stdout).toContain('it said nas: seen');

  const { ask } = connectLines(await startApp({ home }));
  const call = { name: 'tool_call', arguments: { tool: 'ssh_run', input: { host: 'nas', command: ['echo', 'by mcp'] } } };
  expect(JSON.stringify((await ask('tools/call', call)).result)).toContain('by mcp');
});
