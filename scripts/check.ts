import { spawn } from 'node:child_process';

/**
 * `npm run check`: everything that must hold at each commit, side by side, with one line each and the output of what failed.
 * `--no-tests` leaves the tests to `npm test`, which has them all.
 */
const checks: Record<string, string[]> = {
  types: ['tsc', '-p', '.'],
  lint: ['oxlint', '--type-aware', '--deny-warnings'],
  format: ['oxfmt', '--check'],
  'dead code': ['knip'],
  tests: ['vitest', 'run', '--project', 'inside'],
};

interface Outcome {
  name: string;
  code: number;
  seconds: number;
  output: string;
}

function run(name: string, [command = '', ...args]: string[]): Promise<Outcome> {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (output += text.toString()));
    child.on('error', (error) => resolve({ name, code: 1, seconds: 0, output: error.message }));
    child.on('close', (code) => resolve({ name, code: code ?? 1, seconds: (performance.now() - started) / 1_000, output }));
  });
}

if (process.argv.includes('--no-tests')) delete checks.tests;
const outcomes = await Promise.all(Object.entries(checks).map(([name, command]) => run(name, command)));
for (const { name, code, output } of outcomes) if (code !== 0) console.log(`--- ${name}\n${output}`);
for (const { name, code, seconds } of outcomes) console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds.toFixed(1)} s)`);
const counts = /^\d+ passed, \d+ failed, \d+ skipped$/m.exec(outcomes.at(-1)?.output ?? '');
if (counts) console.log(counts[0]);
process.exitCode = outcomes.some(({ code }) => code !== 0) ? 1 : 0;
