import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { classify, classifyScript } from '../../src/core/command-class.ts';
import { ownDataTouched } from '../../src/core/commands/own-data.ts';
import { plainGround } from '../support/ground.ts';

type Label = 'read' | 'write' | 'destructive' | 'forbidden';

/** One command a line, with the class that a careful person would give it. */
const table = readFileSync(path.join(import.meta.dirname, 'commands.tsv'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => line.split('\t') as [Label, string]);

const called = (script: string): Label => {
  const { forbidden, risk } = classifyScript(script);
  return forbidden === undefined ? risk : 'forbidden';
};
const harm: Record<Label, number> = { read: 0, write: 1, destructive: 2, forbidden: 3 };

test('of the labelled commands none is called less harmful than it is, and hardly any more', () => {
  const wrong = table.map(([label, script]) => ({ label, script, called: called(script) })).filter((row) => row.called !== row.label);
  const milder = wrong.filter((row) => harm[row.called] < harm[row.label]);
  const nags = wrong.filter((row) => harm[row.label] < harm.destructive && harm[row.called] >= harm.destructive);
  const harmless = table.filter(([label]) => harm[label] < harm.destructive).length;
  const missed = milder.filter((row) => harm[row.label] >= harm.destructive && harm[row.called] < harm.destructive);
  console.log(
    `${table.length} commands: ${missed.length} destructive called harmless, ${milder.length} called milder than labelled, ` +
      `${nags.length} of ${harmless} harmless called destructive (${((100 * nags.length) / harmless).toFixed(1)} %)`,
  );
  expect(table.length).toBeGreaterThanOrEqual(300);
  expect(milder).toEqual([]);
  expect(nags.length / harmless).toBeLessThan(0.03);
});

/** Ways to hide a command in a line; each gives a line that still runs it. */
const hidings: ((line: string) => string)[] = [
  (line) => `ls; ${line}`,
  (line) => `true && ${line}`,
  (line) => `ls | ${line}`,
  (line) => `( ${line} )`,
  (line) => `{ ${line}; }`,
  (line) => `echo "$( ${line} )"`,
  (line) => `cat <(${line})`,
  (line) => `f() { ${line}; }; f`,
  (line) => `if true; then ${line}; fi`,
  (line) => `for i in 1 2; do ${line}; done`,
  (line) => `sh -c ${quoted(line)}`,
  (line) => `sudo env X=1 bash -c ${quoted(line)}`,
  (line) => `eval ${quoted(line)}`,
  (line) => `ssh nas ${quoted(line)}`,
  (line) => `docker exec web sh -c ${quoted(line)}`,
  (line) => `find . -exec sh -c ${quoted(line)} \\;`,
  (line) => `sh <<'END'\n${line}\nEND\n`,
  (line) => `cat <<END\n$(${line})\nEND\n`,
  (line) => `trap ${quoted(line)} EXIT`,
  (line) => `watch ${quoted(line)}`,
];
const quoted = (line: string): string => `'${line.replaceAll("'", `'\\''`)}'`;

test('a destructive command stays destructive however it is hidden, up to three layers deep', () => {
  const core = fc.constantFrom<string>(
    'rm notes.txt',
    'systemctl stop nginx',
    'kill -9 1',
    'echo x > /etc/passwd',
    'git push --force origin topic',
  );
  fc.assert(
    fc.property(core, fc.array(fc.constantFrom(...hidings), { minLength: 1, maxLength: 3 }), (line: string, layers) => {
      const hidden = layers.reduce<string>((inner, hide) => hide(inner), line);
      expect([hidden, harm[called(hidden)]]).toEqual([hidden, expect.toSatisfy((level: number) => level >= harm.destructive)]);
    }),
    { numRuns: 2_000, seed: 11 },
  );
});

test('any text at all is judged, and nothing that cannot be parsed is harmless', () => {
  const pieces = fc.constantFrom<string>(
    'rm ',
    'ls ',
    '$(',
    ')',
    '`',
    '"',
    "'",
    '\\',
    '|',
    ';',
    '&',
    '<<E\n',
    '\nE\n',
    '{',
    '}',
    '((',
    '[[ ',
    ' ]]',
    '$',
    '*',
    '~',
    '#',
    '>',
    '\u00a0',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
      const script = parts.join('');
      const { risk, why } = classifyScript(script);
      expect(['read', 'write', 'destructive']).toContain(risk);
      expect(why === '' || risk !== 'read').toBe(true);
    }),
    { numRuns: 2_000, seed: 12 },
  );
});

test('the program that an argument vector names is looked up as execve would find it', () => {
  expect(classify({ command: ['/usr/bin/df', '-h'] }).risk).toBe('read');
  expect(classify({ command: ['/tmp/df', '-h'] }).risk).toBe('destructive');
  expect(classify({ command: ['ls', '$(rm x)'] }).risk).toBe('read');
  expect(classify({ command: ['ls'], env: { LD_PRELOAD: '/tmp/x.so' } })).toMatchObject({
    risk: 'destructive',
    why: expect.stringContaining('LD_PRELOAD'),
  });
  expect(classify({ command: ['cp', 'a', 'passwd'], cwd: '/etc' }).risk).toBe('destructive');
  expect(classify({ command: ['rm', '-rf', '.'], cwd: '/' }).forbidden).toBeDefined();
  expect(classify({ command: ['sh'], stdin: 'rm -rf /' }).forbidden).toBeDefined();
});

test.for([
  ['a long word', 'ls ' + 'a'.repeat(90_000)],
  ['many words', 'ls ' + 'a/b '.repeat(20_000)],
  ['many commands', 'ls;'.repeat(30_000)],
  ['a long pipe', 'cat'.padEnd(3) + '|cat'.repeat(4_500)],
  ['many assignments', 'A=1;'.repeat(4_900)],
  ['many parts of a word', 'cd /a; cd /b; cd /c; ls ' + 'a:'.repeat(9_000)],
  ['many stars', 'ls ' + '*a'.repeat(9_000)],
  ['many braces', 'ls ' + '{a,b}'.repeat(3_500)],
  ['many brackets', "test '" + '['.repeat(19_000) + "'"],
  ['many openings', '$('.repeat(9_000)],
  ['a sed script of s', "sed '" + 's/'.repeat(9_000) + "' x"],
  ['SQL comments that never end', `psql -c '${'/*'.repeat(9_000)}'`],
  ['one long name', 'a'.repeat(100_000)],
  ['many curls', 'curl '.repeat(19_000) + '"'],
])('%s is judged in time', ([, script]) => {
  const ground = plainGround;
  const started = performance.now();
  classifyScript(script!);
  ownDataTouched({ script: script! }, ground);
  expect(performance.now() - started).toBeLessThan(3_000);
});
