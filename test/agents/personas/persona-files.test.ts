import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readPersona } from '../../../src/agents/personas/read-persona.ts';
import { writePersona } from '../../support/agents.ts';
import { startApp } from '../../support/app.ts';

interface Listed {
  items: { name: string; kind: string; state: string; problem?: string; builtIn?: boolean }[];
}

const read = (text: string): unknown => readPersona(text, { name: 'tester', isBuiltIn: false, knows: (tool) => tool === 'file_read' });

test('those that come with claw are there, and none is broken', async () => {
  const app = await startApp();
  const { items } = await app.output<Listed>('agent_list');
  expect(items.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'code-reviewer ready',
    'devops-engineer ready',
    'docs-writer ready',
    'security-auditor ready',
    'test-writer ready',
  ]);
});

test("the owner's own stand before them, and a broken one is said, with its line, and not used", async () => {
  const app = await startApp();
  writePersona(app.home, 'docs-writer', 'tools: [file_read]', 'Mine.');
  writePersona(app.home, 'broken', 'tools: [file_raed]');
  const { items } = await app.output<Listed>('agent_list');
  expect(items.find(({ name }) => name === 'docs-writer')).toMatchObject({ state: 'ready', builtIn: false });
  expect(items.find(({ name }) => name === 'broken')).toMatchObject({
    state: 'broken',
    problem: 'broken.md, line 4: tools.0: no tool is called file_raed.',
  });
  expect(await app.output('agent_show', { name: 'docs-writer' })).toMatchObject({ instructions: 'Mine.', tools: ['file_read'] });
  await expect(app.call('agent_run', { persona: 'broken', task: 'go' })).rejects.toMatchObject({ code: 'invalid_input' });
  await expect(app.call('agent_show', { name: 'nobody' })).rejects.toMatchObject({ code: 'not_found' });
});

test('a file that is none, or too large, is broken by itself and breaks no other', async () => {
  const app = await startApp();
  mkdirSync(path.join(app.home, 'agents', 'folder.md'), { recursive: true });
  writeFileSync(path.join(app.home, 'agents', 'large.md'), 'x'.repeat(200_000));
  symlinkSync('/dev/zero', path.join(app.home, 'agents', 'device.md'));
  const { items } = await app.output<Listed>('agent_list');
  expect(items.filter(({ state }) => state === 'broken').map(({ name }) => name)).toEqual(['device', 'folder', 'large']);
  expect(items.filter(({ state }) => state === 'ready')).toHaveLength(5);
});

const head = 'name: tester\ndescription: For tests';

test.each([
  ['hello', 'line 1: it does not begin with a head between two lines of ---'],
  [`---\n${head}\n---\n`, 'line 5: there are no instructions below the head'],
  [`---\n${head}\ncolour: red\n---\nx`, 'line 4: colour: Unrecognized key: "colour"'],
  [`---\n${head}\nrole: king\n---\nx`, 'line 4: role:'],
  [`---\n${head}\ntools: [file_read, "shell run"]\n---\nx`, 'line 4: tools.1: is a tool, as file_read, or a beginning, as file_*'],
  [`---\n${head}\nbudget: { tokens: -1 }\n---\nx`, 'line 4: budget.tokens:'],
  [`---\n${head}\nbudget:\n  tokens: 10\n  token: 10\n---\nx`, 'line 6: budget.token:'],
  [`---\nname: other\ndescription: x\n---\nx`, 'line 2: name: it is "other", and the file is called tester.md'],
  [`---\n${head}\nwithout_model: code_review\n---\nx`, 'line 4: without_model: it is not among its tools'],
  [`---\n${head}\ntools: [\n---\nx`, 'line '],
  [`---\nname: &a [*a]\n---\nx`, 'line '],
])('%j is refused with its line and field', (text, message) => {
  expect(() => read(text)).toThrow(
    expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining(`tester.md, ${message}`) as string }) as Error,
  );
});

test('what is not said has its default', () => {
  expect(read(`---\n${head}\ntools: [file_read, ssh_*, mcp_files_list]\n---\nDo it.\n`)).toMatchObject({
    role: 'executor',
    model: 'executor',
    memory: 'own',
    depth: 3,
    budget: {},
    instructions: 'Do it.',
  });
});
