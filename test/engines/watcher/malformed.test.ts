import { existsSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ToolError } from '../../../src/core/errors.ts';
import { startApp } from '../../support/app.ts';

type Given = Record<string, unknown>;

const wrong = {
  name: ['', 'UPPER', 'with space', '-dash', 'a/b', '../x', 'ä', 'x'.repeat(64), 7, null],
  path: ['', 'relative/folder', '/etc', '/', '/proc/self', 'HOME', 'HOME/runs', 'LINK', '/x\0y', 9, ['/a'], null],
  glob: ['', '/abs/*.pdf', '../*.pdf', 'a/../../b', 3, ['*.pdf'], 'x'.repeat(5_000)],
  events: [[], ['made'], 'created', ['created', 'created', 'created', 'created', 'created'], [1], {}],
  ignore: ['*.tmp', [''], ['/abs'], ['../up'], [5], Array.from({ length: 101 }, () => '*.x')],
  settleMs: [0, -1, 1.5, 'two', 10_000_000, null],
  polling: ['yes', 1],
  pollMs: [1, -5, 'often'],
  depth: [-1, 101, 2.5, 'deep'],
  maxFiles: [0, -3, 1e9, 'many'],
  existing: ['no', 0],
  ownWrites: ['no'],
  maxPerMinute: [0, 10_000, 'few'],
  copy: [
    '',
    'here',
    5,
    '/srv/${{ file.nme }}',
    '/srv/${{ file.path',
    '/srv/${{ process.env.HOME }}',
    '/srv/${{ 1 + 1 }}',
    '/srv/${{}}',
    '/srv/${{ event() }}',
  ],
} satisfies Record<string, unknown[]>;

const action: Record<string, Given[]> = {
  shell: [
    { shell: [] },
    { shell: 'rm -rf x' },
    { shell: [1] },
    { shell: ['${{ file.path }}'] },
    { shell: ['sh', '-c', 'gzip ${{ file.path }}'] },
    { shell: ['bash', '-lc', 'cat ${{ file.name }}'] },
    { shell: ['python3', '-c', "print('${{ file.name }}')"] },
    { shell: ['node', '--eval', '${{ file.name }}'] },
    { shell: ['find', '/x', '-exec', '${{ file.path }}', ';'] },
    { shell: ['ssh', 'host', 'cat ${{ file.path }}'] },
    { shell: ['xargs', '${{ file.path }}'] },
    { shell: ['gzip', '${{ file.name }}'] },
    { shell: ['gzip', '${{ file.relative }}'] },
    { shell: ['gzip', '${{ file.size'] },
    { shell: ['rm', '-rf', '/'] },
    { shell: ['mkfs', '/dev/sda'] },
  ],
  script: [
    { script: 'gzip ${{ file.path }}' },
    { script: 'echo ${{ event }}' },
    { script: '' },
    { script: 'x'.repeat(20_001) },
    { script: 'rm -rf /' },
  ],
  skill: [{ skill: 'none-such', input: { nothing: '${{ file.nobody }}' } }],
  workflow: [{ workflow: 'none-such', input: { nothing: '${{ file.nobody }}' } }],
  tool: [
    { tool: 'no_such', input: {} },
    { tool: 'file_copy', input: { from: '${{ file.path }}' } },
    { tool: 'file_copy', input: { from: '${{ file.path }}', to: '/a', extra: 1 } },
    { tool: 'file_copy', input: { from: 5, to: '/a' } },
    { tool: 'memory_remember', input: { text: '${{ file.content }}' } },
    { tool: 'memory_remember', input: { text: '${{ constructor }}' } },
    { tool: '${{ file.name }}', input: {} },
    { tool: 'approval_answer', input: { id: 'apr_1', answer: 'approve' } },
    { tool: 'shell_run', input: { script: 'cat ${{ file.path }}' } },
    { tool: 'file_read', input: 'text' },
  ],
  steps: [
    { steps: [] },
    { steps: [{ input: {} }] },
    { steps: [{ tool: 'no_such' }] },
    { steps: [{ tool: 'status_show', when: 'x' }] },
    { steps: 'status_show' },
  ],
  then: [{ then: 'copy' }, { then: 'delete', to: '/a' }, { then: 'copy', to: '/a', copy: '/b' }],
  '': [{}, { copy: '/a', move: '/b' }, { copy: '/a', shell: ['ls'] }, { tool: 'status_show', steps: [{ tool: 'status_show' }] }],
};

const cases: [field: string, rule: Given][] = [
  ...Object.entries(wrong).flatMap(([field, values]) =>
    values.map((value): [string, Given] => [field, field === 'copy' ? { copy: value } : { copy: 'ARCHIVE', [field]: value }]),
  ),
  ...Object.entries(action).flatMap(([field, rules]) => rules.map((rule): [string, Given] => [field, rule])),
];

const texts: [what: string, text: string][] = [
  ['a tab', 'rules:\n\t- name: a'],
  ['an open quote', 'rules:\n  - name: "a\n    path: /x'],
  ['an open list', 'rules: [{name: a'],
  ['two of one key', 'rules: []\nrules: []'],
  ['a list for a map', '- name: a'],
  ['text', 'watch everything'],
  ['a number', '7'],
  ['an unknown top key', 'rule: []'],
  ['an unknown alias', 'rules: [*nobody]'],
  ['many aliases', `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nrules: [*c,*c,*c]`],
  ['two rules of one name', 'rules:\n  - {name: a, path: FILES, copy: FILES/x}\n  - {name: a, path: FILES, copy: FILES/x}'],
  ['too many rules', `rules:\n${'  - {name: a, path: /x, copy: /y}\n'.repeat(201)}`],
  ['a huge file', `# ${'x'.repeat(1_100_000)}`],
  ['bytes that are no text', '\u0000\u0001\u0002'],
];

test(`${cases.length + texts.length} malformed rules are refused, naming field or line, and nothing is stored`, async () => {
  const app = await startApp();
  const link = path.join(app.files, 'link');
  symlinkSync(app.home, link);
  const known: Record<string, string> = {
    HOME: app.home,
    'HOME/runs': app.paths.runs,
    LINK: link,
    ARCHIVE: path.join(app.files, 'archive'),
  };
  const placed = (rule: Given): Given =>
    Object.fromEntries(
      Object.entries({ name: 'a', path: app.files, ...rule }).map(([key, value]) => [
        key,
        (typeof value === 'string' && known[value]) || value,
      ]),
    );
  const unclear: string[] = [];

  // A call's paths start where its caller stands; those of a file start nowhere.
  for (const [field, rule] of cases.filter(([, { path: folder, copy }]) => folder !== 'relative/folder' && copy !== 'here')) {
    const shown = `${field}: ${JSON.stringify(rule).slice(0, 100)}`;
    const error = await app.call('watcher_add', placed(rule)).then(
      () => undefined,
      (caught: unknown) => caught,
    );
    const said = error instanceof ToolError ? `${error.message} ${error.hint}` : 'it was taken';
    if (!(error instanceof ToolError) || error.code === 'internal' || error.hint === '' || !said.includes(field))
      unclear.push(`${shown} → ${said}`);
    if (existsSync(app.paths.watchers)) unclear.push(`${shown} was stored`);
    rmSync(app.paths.watchers, { force: true });
  }
  await expect(app.output('watcher_list')).resolves.toMatchObject({ items: [] });

  const inFile = cases.map(([what, rule]): [string, string] => [what, `# rules\n${JSON.stringify({ rules: [placed(rule)] }, null, 2)}`]);
  for (const [what, text] of [...texts, ...inFile]) {
    writeFileSync(app.paths.watchers, text.replaceAll('FILES', app.files), { mode: 0o600 });
    const error = await app.call('watcher_test', { path: app.files }).then(
      () => undefined,
      (caught: unknown) => caught,
    );
    const said = error instanceof ToolError ? error.message : 'it was taken';
    const isPlaced = /line \d+, column \d+: /.test(said) || what === 'a huge file';
    if (!(error instanceof ToolError) || error.code !== 'bad_config' || !isPlaced) unclear.push(`${what} ${text.slice(0, 200)} → ${said}`);
  }
  console.log(`watcher: ${cases.length} malformed rules and ${texts.length} malformed files, ${unclear.length} taken or unclear`);
  expect(unclear).toEqual([]);
});
