import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startServe } from '../test/support/processes.ts';

/**
 * `npm run conformance`: the public suites against `claw serve --conformance`, with no expected failures, and the Inspector's
 * strict look at every tool of `claw mcp`.
 */
const suites: [string, string, string[]][] = [
  ['0.1.16, all', 'conformance-2025', ['--suite', 'all']],
  ['0.2.0-alpha.12, 2025-11-25', 'conformance-2026', ['--requirements', '2025-11-25']],
  ['0.2.0-alpha.12, 2026-07-28', 'conformance-2026', ['--requirements', '2026-07-28']],
];

const root = path.dirname(import.meta.dirname);

/** Exit code and what it printed, of one suite against a running server. */
export function runSuite(suite: string, args: string[], url: string): Promise<{ code: number; output: string }> {
  const folder = path.join(root, 'node_modules', suite);
  const { bin } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { bin: Record<string, string> };
  const results = mkdtempSync(path.join(tmpdir(), 'claw-conformance-'));
  const child = spawn(process.execPath, [
    path.join(folder, Object.values(bin)[0]!),
    'server',
    '--url',
    `${url}/mcp`,
    ...args,
    '-o',
    results,
  ]);
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  return new Promise((resolve) => {
    child.on('close', (code) => {
      rmSync(results, { recursive: true, force: true });
      resolve({ code: code ?? 1, output });
    });
  });
}

/** The suite runs more than a revision requires (extensions, pending scenarios) and lists that apart, as "not scored". */
function told(output: string): string {
  const [all = '', extra = ''] = output.slice(output.indexOf('SUMMARY')).split('Not scored');
  const scenarios = (text: string): string[] => text.match(/^ *[✓✗] [\w-]+/gm)?.map((line) => line.trim()) ?? [];
  const notScored = new Set(scenarios(extra));
  const required = scenarios(all).filter((line) => !notScored.has(line));
  const passed = (lines: string[]): number => lines.filter((line) => line.startsWith('✓')).length;
  const rest = notScored.size === 0 ? '' : `; not required: ${passed([...notScored])} of ${notScored.size}`;
  return `${passed(required)} of ${required.length} required scenarios${rest}`;
}

/** Exit code 6 and "N errors" where a schema is one that clients cannot take. */
async function inspect(): Promise<void> {
  const home = mkdtempSync(path.join(tmpdir(), 'claw-inspector-'));
  const inspector = path.join(root, 'node_modules', '.bin', 'mcp-inspector');
  const server = [process.execPath, path.join(root, 'bin', 'claw.js'), 'mcp', '--toolsets', 'all'];
  const child = spawn(process.execPath, [inspector, '--cli', '--strict', '--method', 'tools/list', '--', ...server], {
    env: { PATH: process.env.PATH, HOME: home, CLAW_HOME: path.join(home, 'data') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  const code = await new Promise((resolve) => child.on('close', resolve));
  rmSync(home, { recursive: true, force: true });
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} Inspector 2.12, --strict: ${stderr.trim().split('\n').at(-1)}`);
  if (code !== 0) process.exitCode = 1;
}

if (import.meta.main) {
  await inspect();
  await using server = await startServe(['--conformance', '--port', '0']);
  for (const [name, suite, args] of suites) {
    const { code, output } = await runSuite(suite, args, server.url);
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name}: ${told(output)}`);
    if (code !== 0) {
      console.log(output.slice(-4_000));
      process.exitCode = 1;
    }
  }
}
