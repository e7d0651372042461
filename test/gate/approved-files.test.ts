import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Caller } from '../../src/core/tool.ts';
import { startApp, type TestApp } from '../support/app.ts';

const mcp: Caller = { kind: 'mcp', name: 'client' };

interface Refusal {
  code: string;
  message: string;
  hint: string;
  approvalId: string;
}

interface Place extends TestApp {
  /** A folder of the owner's, with a script in it, and what the changed script would leave. */
  at(...names: string[]): string;
  run(input: object): Promise<unknown>;
  approve(input: object): Promise<string>;
}

async function start(home?: string): Promise<Place> {
  const app = await startApp({ env: { PATH: process.env.PATH ?? '' }, ...(home !== undefined && { home }) });
  const at = (...names: string[]): string => path.join(app.files, ...names);
  const run = (input: object): Promise<unknown> => app.gate.call(mcp, 'shell_run', { cwd: app.files, ...input });
  const approve = async (input: object): Promise<string> => {
    const { code, approvalId } = (await run(input).catch((error: unknown) => error)) as Refusal;
    expect(code).toBe('approval_required');
    await app.call('approval_answer', { id: approvalId, answer: 'approve' });
    return approvalId;
  };
  return Object.assign(app, { at, run, approve });
}

const good = (file: string): string => `#!/bin/sh\necho good > ${file}\n`;
const evil = (file: string): string => `#!/bin/sh\necho evil > ${file}\n`;

function script(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
}

test('a question shows the script that would run, by its real path and SHA-256; who is not the owner is not shown the hash', async () => {
  const app = await start();
  script(app.at('real.sh'), good(app.at('out')));
  symlinkSync('real.sh', app.at('x.sh'));
  const { approvalId: id } = (await app.run({ command: ['bash', 'x.sh'] }).catch((error: unknown) => error)) as Refusal;
  const { output, summary } = await app.call('approval_show', { id });
  expect(output).toMatchObject({
    files: [
      { path: app.at('real.sh'), content: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      { path: app.at('x.sh'), content: `leads to ${app.at('real.sh')}` },
    ],
  });
  expect(summary).toContain(app.at('real.sh'));
  const shown = JSON.stringify((await app.gate.call(mcp, 'approval_show', { id })).output);
  expect(shown).toContain('real.sh');
  expect(shown).not.toContain((output as { files: { content: string }[] }).files[0]!.content);
});

test('what was approved runs while its script is as it was', async () => {
  const app = await start();
  script(app.at('x.sh'), good(app.at('out')));
  await app.approve({ command: ['bash', 'x.sh'] });
  await app.run({ command: ['bash', 'x.sh'] });
  expect(readFileSync(app.at('out'), 'utf8')).toBe('good\n');
});

type Swap = (app: Place) => void;
const rewrite =
  (name: string): Swap =>
  (app) =>
    writeFileSync(app.at(name), evil(app.at('out')));

/** What is approved, and what then happens before it runs. */
const swaps: [string, object, Swap, Swap?][] = [
  ['bash x.sh', { command: ['bash', 'x.sh'] }, rewrite('x.sh')],
  ['./x.sh', { command: ['./x.sh'] }, rewrite('x.sh')],
  ['a script in a line', { script: 'cd . && ./x.sh' }, rewrite('x.sh')],
  ['a script behind cd', { script: 'cd sub && sh y.sh' }, rewrite('sub/y.sh')],
  ['sh -c with one script', { command: ['sh', '-c', 'bash x.sh'] }, rewrite('x.sh')],
  ['nested sh -c behind wrappers', { command: ['env', 'A=1', 'nice', 'sh', '-c', "sh -c 'bash ./x.sh'"] }, rewrite('x.sh')],
  ['. x', { script: '. ./x.sh' }, rewrite('x.sh')],
  ['sh < x', { script: 'sh < x.sh' }, rewrite('x.sh')],
  ['cat x | sh', { script: 'cat x.sh | sh' }, rewrite('x.sh')],
  ['find -exec sh x', { script: 'find . -maxdepth 0 -exec sh x.sh {} +' }, rewrite('x.sh')],
  ['BASH_ENV', { command: ['bash', '-c', 'true; rm -f none'], env: { BASH_ENV: 'x.sh' } }, rewrite('x.sh')],
  [
    'python x.py',
    { command: ['python3', 'x.py'] },
    (app) => writeFileSync(app.at('x.py'), `open(${JSON.stringify(app.at('out'))},"w").write("evil")`),
  ],
  [
    'node x, which runs x.js',
    { command: ['node', 'x'] },
    (app) => writeFileSync(app.at('x.js'), `require("fs").writeFileSync(${JSON.stringify(app.at('out'))},"evil")`),
  ],
  [
    'a Makefile',
    { command: ['make', '-B', 'clean'] },
    (app) => writeFileSync(app.at('Makefile'), `clean:\n\techo evil > ${app.at('out')}\n`),
  ],
  [
    'a GNUmakefile beside the Makefile',
    { command: ['make', 'clean'] },
    (app) => writeFileSync(app.at('GNUmakefile'), `clean:\n\techo evil > ${app.at('out')}\n`),
  ],
  ['a script that a text names', { command: ['awk', 'BEGIN { system("./x.sh") }'] }, rewrite('x.sh')],
  [
    'a link that leads elsewhere now',
    { command: ['bash', 'link.sh'] },
    (app) => (unlinkSync(app.at('link.sh')), symlinkSync('other.sh', app.at('link.sh'))),
  ],
  [
    'a folder that was put in its place',
    { command: ['bash', 'sub/y.sh'] },
    (app) => (renameSync(app.at('sub'), app.at('old')), script(app.at('sub', 'y.sh'), evil(app.at('out')))),
  ],
  ['a script that was not there yet', { command: ['bash', 'later.sh'] }, (app) => script(app.at('later.sh'), evil(app.at('out')))],
  ['a script that is gone', { command: ['bash', 'x.sh'] }, (app) => rmSync(app.at('x.sh'))],
  ['a script behind an option with a value', { command: ['bash', '-O', 'extglob', 'plain'] }, rewrite('plain')],
  ['a script that is read into -c', { script: 'bash -c "$(cat plain)"' }, rewrite('plain')],
  ['a script that is read into eval', { script: 'eval "$(cat plain)"' }, rewrite('plain')],
  ['a program of awk', { command: ['awk', '-f', 'plain'] }, rewrite('plain')],
  ['a module of python', { command: ['python3', '-m', 'x'] }, (app) => writeFileSync(app.at('x.py'), '1')],
  ['a program in a PATH of one’s own', { command: ['mine'], env: { PATH: 'bin:/usr/bin:/bin' } }, rewrite('bin/mine')],
];

test.for(swaps)('an approval does not serve a changed file: %s', async ([, input, swap]) => {
  const app = await start();
  for (const name of ['x.sh', 'sub/y.sh', 'bin/mine']) script(app.at(name), good(app.at('out')));
  script(app.at('other.sh'), evil(app.at('out')));
  symlinkSync('x.sh', app.at('link.sh'));
  writeFileSync(app.at('x.py'), 'print(1)');
  writeFileSync(app.at('plain'), 'echo good');
  writeFileSync(app.at('x.js'), '1');
  writeFileSync(app.at('Makefile'), 'clean:\n\techo good\n');
  const id = await app.approve(input);
  swap(app);
  const refused = (await app.run(input).catch((error: unknown) => error)) as Refusal;
  expect(refused).toMatchObject({ code: 'conflict', hint: expect.stringContaining('make the call again') as string });
  expect(refused.message).toContain(id);
  expect(existsSync(app.at('out'))).toBe(false);
  // It is void: the same call is a new question, about the file as it is now.
  const again = (await app.run(input).catch((error: unknown) => error)) as Refusal;
  expect(again.code).toBe('approval_required');
  expect(again.approvalId).not.toBe(id);
  expect(existsSync(app.at('out'))).toBe(false);
});

test('a question about the earlier script does not stand for the later one', async () => {
  const app = await start();
  script(app.at('x.sh'), good(app.at('out')));
  const first = (await app.run({ command: ['bash', 'x.sh'] }).catch((error: unknown) => error)) as Refusal;
  script(app.at('x.sh'), evil(app.at('out')));
  const second = (await app.run({ command: ['bash', 'x.sh'] }).catch((error: unknown) => error)) as Refusal;
  expect(second.approvalId).not.toBe(first.approvalId);
  await app.call('approval_answer', { id: first.approvalId, answer: 'approve' });
  await expect(app.run({ command: ['bash', 'x.sh'] })).rejects.toMatchObject({ code: 'conflict' });
  expect(existsSync(app.at('out'))).toBe(false);
});

test('a restart between the yes and the run changes nothing about that', async () => {
  const app = await start();
  script(app.at('x.sh'), good(app.at('out')));
  await app.approve({ command: ['bash', 'x.sh'] });
  await app[Symbol.asyncDispose]();
  script(app.at('x.sh'), evil(app.at('out')));
  const again = await start(app.home);
  await expect(again.run({ command: ['bash', 'x.sh'] })).rejects.toMatchObject({ code: 'conflict' });
  expect(existsSync(app.at('out'))).toBe(false);
});

test('data that a script is given may change between the yes and the run', async () => {
  const app = await start();
  script(app.at('x.sh'), `cat "$1" > ${app.at('out')}`);
  writeFileSync(app.at('data.csv'), 'one');
  await app.approve({ command: ['bash', 'x.sh', 'data.csv'] });
  writeFileSync(app.at('data.csv'), 'two');
  await app.run({ command: ['bash', 'x.sh', 'data.csv'] });
  expect(readFileSync(app.at('out'), 'utf8')).toBe('two');
});

test('a standing yes ends to hold when what it would run has changed', async () => {
  const app = await start();
  const input = { command: ['rm', 'bin/none'], env: { BASH_ENV: 'x.sh' } };
  script(app.at('x.sh'), good(app.at('out')));
  const { approvalId: id } = (await app.run(input).catch((error: unknown) => error)) as Refusal;
  await app.call('approval_answer', { id, answer: 'approve', scope: 'always' });
  for (let i = 0; i < 3; i += 1) await app.run(input);
  script(app.at('x.sh'), evil(app.at('out')));
  await expect(app.run(input)).rejects.toMatchObject({ code: 'approval_required' });
});

test.for([
  ['file_delete', { path: 'd/a.txt' }],
  ['shell_run', { command: ['rm', 'd/a.txt'] }],
  ['shell_run', { script: 'cd d && rm a.txt' }],
] as [string, Record<string, unknown>][])('a link that leads elsewhere after the yes takes %s %j nowhere', async ([tool, given]) => {
  const app = await start();
  for (const name of ['one', 'two']) {
    mkdirSync(app.at(name));
    writeFileSync(app.at(name, 'a.txt'), name);
  }
  symlinkSync('one', app.at('d'));
  const input = given.path === undefined ? { ...given, cwd: app.files } : { path: app.at('d/a.txt') };
  const call = (): Promise<unknown> => app.gate.call(mcp, tool, input);
  const asked = (await call().catch((error: unknown) => error)) as Refusal;
  await app.call('approval_answer', { id: asked.approvalId, answer: 'approve' });
  unlinkSync(app.at('d'));
  symlinkSync('two', app.at('d'));
  // Asked anew where the call itself names the place by then.
  await expect(call()).rejects.toMatchObject({ code: expect.stringMatching(/^(conflict|approval_required)$/) as string });
  expect([existsSync(app.at('one/a.txt')), existsSync(app.at('two/a.txt'))]).toEqual([true, true]);
});
