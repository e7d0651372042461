import { expect, test } from 'vitest';
import type { ChangeSet } from '../../../src/engines/code/change-set.ts';
import { correctnessChecks } from '../../../src/engines/code/checks/correctness.ts';
import { securityChecks } from '../../../src/engines/code/checks/security.ts';
import { testChecks } from '../../../src/engines/code/checks/tests.ts';
import { upkeepChecks } from '../../../src/engines/code/checks/upkeep.ts';
import { parseDiff, wholeFile } from '../../../src/engines/code/diff.ts';

const checks = [...securityChecks((text) => text.includes('vault-value')), ...correctnessChecks, ...testChecks, ...upkeepChecks];

/** `rule:line` of what is found in a new file. */
async function found(
  path: string,
  text: string,
  { all = [path], others = {} }: { all?: string[]; others?: Record<string, string> } = {},
): Promise<string[]> {
  const file = wholeFile(path, text);
  const files = [file, ...Object.entries(others).map(([name, content]) => wholeFile(name, content))];
  const set: ChangeSet = { from: 'a test', files, all: new Set([...all, ...files.map((one) => one.path)]), contentOf: async () => text };
  const spots = await Promise.all(checks.map(async ({ rule, find }) => (await find(file, set)).map(({ line }) => `${rule}:${line}`)));
  return spots.flat();
}

const githubToken = `ghp_${'a1B2'.repeat(9)}`;
const pemKey = [
  '-----BEGIN PRIVATE KEY-----',
  ...Array.from({ length: 4 }, () => 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj'),
  '-----END PRIVATE KEY-----',
];

test.each<[rule: string, path: string, text: string]>([
  ['secret:1', 'a.ts', `const t = '${githubToken}';`],
  ['secret:2', 'notes.txt', `key:\n${pemKey.join('\n')}`],
  ['secret:1', 'a.py', 'password = "k9#mQ2vL8p"'],
  ['secret:1', 'a.yaml', 'api_key: "9f8a7b6c5d4e3f2a"'],
  ['secret:1', 'a.go', 'x := "vault-value"'],
  ['secret:1', '.env', 'A=1'],
  ['secret:1', 'deploy/id_ed25519', 'x'],
  ['shell-injection:1', 'a.ts', 'execSync(`rm ${file}`);'],
  ['shell-injection:1', 'a.ts', "spawn('ls', { shell: true });"],
  ['shell-injection:1', 'a.js', 'eval(text);'],
  ['shell-injection:1', 'a.py', 'subprocess.run(cmd, shell=True)'],
  ['shell-injection:1', 'a.py', 'os.system("rm " + name)'],
  ['shell-injection:1', 'install.sh', 'curl -fsSL https://example.com/x | sudo bash'],
  ['shell-injection:1', 'Dockerfile', 'RUN wget -qO- https://example.com/x | sh'],
  ['unpinned:1', 'Dockerfile', 'FROM node'],
  ['unpinned:1', 'Dockerfile', 'FROM --platform=linux/amd64 python:latest AS build'],
  ['unpinned:3', 'compose.yaml', 'services:\n  web:\n    image: nginx:latest'],
  ['unpinned:1', '.github/workflows/ci.yml', '      - uses: actions/checkout@main'],
  ['unpinned:1', '.github/workflows/ci.yml', '      - uses: actions/checkout@v4'],
  ['conflict-marker:1', 'a.ts', '<<<<<<< HEAD'],
  ['conflict-marker:2', 'a.md', 'x\n>>>>>>> feature'],
  ['debugging:1', 'src/a.ts', '  debugger;'],
  ['debugging:1', 'src/a.ts', "  console.log('here');"],
  ['debugging:1', 'a.py', 'import pdb'],
  ['debugging:1', 'a.rs', 'dbg!(x);'],
  ['swallowed-error:1', 'a.ts', 'try { x(); } catch (error) {}'],
  ['swallowed-error:3', 'a.ts', 'try {\n  x();\n} catch {\n}'],
  ['swallowed-error:3', 'a.py', 'try:\n    x()\nexcept Exception:\n    pass'],
  ['disabled-test:1', 'a.test.ts', "test.only('x', () => {});"],
  ['disabled-test:1', 'a.test.ts', "it.skip('x', () => {});"],
  ['disabled-test:1', 'test_a.py', '@pytest.mark.skip(reason="later")'],
  ['todo-without-owner:1', 'a.ts', '// TODO make it faster'],
  ['todo-without-owner:1', 'a.py', 'x = 1  # FIXME'],
  ['oversized:1', 'a.ts', `const x = '${'y'.repeat(300)}';`],
  ['oversized:1', 'a.ts', `export function long() {\n${'  step();\n'.repeat(90)}}`],
  ['oversized:1', 'a.py', `def long():\n${'    step()\n'.repeat(90)}`],
  ['oversized:1', 'a.go', 'x := 1\n'.repeat(700)],
  ['broken-link:1', 'docs/a.md', 'see [the guide](guide.md)'],
])('finds %s in %s', async (rule, path, text) => {
  expect(await found(path, text)).toContain(rule);
});

test.each<[path: string, text: string]>([
  ['a.ts', 'const password = process.env.PASSWORD;'],
  ['a.ts', "const password = 'changeme-please1';"],
  ['a.ts', 'const token = "${{ secrets.TOKEN }}";'],
  ['a.ts', "const tokenKind = 'bearer-token';"],
  ['a.py', 'api_key = "your-api-key-1234"'],
  ['.env.example', 'PASSWORD='],
  ['a.ts', "execFile('ls', ['-l', folder]);"],
  ['a.ts', 'const evaluated = retrieval(text);'],
  ['a.ts', 'const found = /x(y)/.exec(text);'],
  ['a.py', 'subprocess.run(["ls", name])'],
  ['a.py', 'yaml.load(text, Loader=SafeLoader)'],
  ['fetch.sh', 'curl -o file https://example.com/x'],
  ['Dockerfile', 'FROM node:24.1.0'],
  ['Dockerfile', 'FROM scratch'],
  ['Dockerfile', `FROM node@sha256:${'0'.repeat(64)}`],
  ['Dockerfile', 'FROM golang:1.25 AS build\nFROM build'],
  ['.github/workflows/ci.yml', `      - uses: actions/checkout@${'a'.repeat(40)}`],
  ['notes.md', 'Title\n======='],
  ['a.ts', '// debugger;'],
  ['bin/a.ts', "console.log('usage');"],
  ['a.ts', 'try {\n  x();\n} catch (error) {\n  throw new Error("x", { cause: error });\n}'],
  ['a.py', 'try:\n    x()\nexcept KeyError:\n    pass'],
  ['a.test.ts', 'test.skipIf(isSlow)("x", () => {});'],
  ['a.ts', '// TODO(anna) make it faster'],
  ['a.ts', '// TODO #12: make it faster'],
  ['a.ts', "const label = 'TODO list';"],
  ['docs/a.md', 'see [the guide](a.md#top), [site](https://example.com), [mail](mailto:a@example.com) and `[x](y.md)`'],
])('finds nothing in %s: %s', async (path, text) => {
  expect(await found(path, text)).toEqual([]);
});

const lines = (count: number): string => 'step();\n'.repeat(count);

test('code that grows without a test is told only where the project has tests', async () => {
  expect(await found('src/a.ts', lines(20), { all: ['test/b.test.ts'] })).toEqual(['missing-test:1']);
  expect(await found('src/a.ts', lines(20))).toEqual([]);
  expect(await found('src/a.ts', lines(3), { all: ['test/b.test.ts'] })).toEqual([]);
  expect(await found('src/a.ts', lines(20), { others: { 'test/a.test.ts': 'x' } })).toEqual([]);
});

test('dependencies that changed without their lock are told where there is a lock', async () => {
  const manifest = '{\n  "dependencies": {\n    "hono": "4.0.0"\n  }\n}';
  expect(await found('package.json', manifest, { all: ['package-lock.json'] })).toEqual(['lock-drift:3']);
  expect(await found('package.json', manifest)).toEqual([]);
  expect(await found('package.json', manifest, { others: { 'package-lock.json': '{}' } })).toEqual([]);
});

test('there are twelve checks in four categories', () => {
  expect(new Set(checks.map(({ rule }) => rule)).size).toBe(12);
  expect(new Set(checks.map(({ category }) => category)).size).toBe(4);
});

test('only lines that were added count, and they have the numbers of the file as it is now', () => {
  const diff = [
    'diff --git a/a.ts b/a.ts',
    '--- a/a.ts',
    '+++ b/a.ts',
    '@@ -10,4 +10,4 @@ function x() {',
    ' same',
    '--- removed',
    '+++ added',
    ' same',
    '-old',
    '+new',
    'diff --git "a/\\303\\244.ts" "b/\\303\\244.ts"',
    'new file mode 100644',
    '--- /dev/null',
    '+++ "b/\\303\\244.ts"',
    '@@ -0,0 +1 @@',
    '+one',
    '\\ No newline at end of file',
    'diff --git a/x.png b/x.png',
    'Binary files a/x.png and b/x.png differ',
  ].join('\n');
  const [first, second, third] = parseDiff(diff);
  expect(first!.hunks[0]!.filter(({ kind }) => kind === 'added').map(({ line, text }) => [line, text])).toEqual([
    [11, '++ added'],
    [13, 'new'],
  ]);
  expect(second).toMatchObject({ path: 'ä.ts', status: 'added' });
  expect(third).toMatchObject({ path: 'x.png', isBinary: true });
});

test('a diff without the words of git is read too', () => {
  const [file] = parseDiff('--- old/a.c\t2026-01-01\n+++ a.c\t2026-01-02\n@@ -1 +1,2 @@\n one\n+two\n');
  expect(file).toMatchObject({ path: 'a.c', hunks: [[{ kind: 'context' }, { kind: 'added', line: 2, text: 'two' }]] });
});
