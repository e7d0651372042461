import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { claw } from '../support/processes.ts';

const child = path.join(import.meta.dirname, 'stop-child.ts');

interface Place {
  home: string;
  files: string;
}

async function start({ home, files }: Place, ...rest: string[]): Promise<ChildProcess> {
  const started = spawn(process.execPath, [child, home, files, ...rest], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void started.kill('SIGKILL'));
  await new Promise((resolve) => started.stdout.once('data', resolve));
  return started;
}

const steps = ({ files }: Place): number => readdirSync(files).length;

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !holds(); tries += 1) await wait(25);
  expect(holds()).toBe(true);
}

/** Whether a process with exactly this last argument lives. */
const lives = (argument: string): boolean =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === `sleep\0${argument}\0`;
      } catch {
        return false;
      }
    });

test.skipIf(process.platform !== 'linux')(
  'a stop in the middle of 1,000 steps: nothing starts a second later, the child ends, and a restart changes nothing',
  async () => {
    const place = { home: path.join(temporaryFolder(), 'home'), files: temporaryFolder() };
    mkdirSync(place.files, { recursive: true });
    const sleeper = `300.${process.pid}`;
    const first = await start(place, sleeper);
    await until(() => steps(place) >= 10 && lives(sleeper));

    const stopped = await claw(['stop', '--all', '--reason', 'enough', '--json'], place);
    expect(stopped.code).toBe(0);
    const { at } = JSON.parse(stopped.stdout) as { at: string };
    expect(JSON.parse(stopped.stdout)).toMatchObject({ by: 'owner', reason: 'enough', runs: 1 });
    await until(() => Date.now() > Date.parse(at) + 1_000);
    const done = steps(place);
    expect(done).toBeLessThan(1_000);
    await until(() => !lives(sleeper));
    await wait(1_500);
    expect(steps(place)).toBe(done);

    first.kill('SIGKILL');
    await start(place);
    await wait(2_000);
    expect(steps(place)).toBe(done);
    const late = await startsAfterStop(place);
    console.log(`stop: ${done} of 1,000 steps done, ${late.length} calls started after the stop, child ended`);
    expect(late).toEqual([]);
    expect((await claw(['memory', 'remember', 'a fact', '--json'], place)).code).toBe(3);
    expect((await claw(['status', 'show'], place)).stdout).toContain('STOPPED since');

    expect((await claw(['stop', '--release', '--json'], place)).code).toBe(0);
    await wait(1_000);
    expect(steps(place)).toBe(done);
    expect((await claw(['memory', 'remember', 'a fact', '--json'], place)).code).toBe(0);
  },
);

interface Row {
  seq: number;
  tool: string;
}

/** What has begun after the row that says the stop was carried out, but for looking at the audit itself. */
async function startsAfterStop(place: Place): Promise<string[]> {
  const search = async (query: object): Promise<Row[]> => {
    const { stdout } = await claw(['call', 'audit_search', JSON.stringify({ ...query, limit: 200 }), '--json'], place);
    return (JSON.parse(stdout) as { items: Row[] }).items;
  };
  const [stop] = await search({ tool: 'stop_all', event: 'ok' });
  const started = await search({ event: 'started' });
  return started.filter(({ seq, tool }) => seq > stop!.seq && tool !== 'audit_search').map(({ tool }) => tool);
}
