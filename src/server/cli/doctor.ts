import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import type { Config } from '../../core/config.ts';
import { ToolError } from '../../core/errors.ts';
import { readPolicy } from '../../gate/policy/policy-file.ts';
import { isEmptyAndOurs } from '../../core/home.ts';
import type { Session } from '../session.ts';
import { reachDaemon } from '../socket/client.ts';
import type { Terminal } from './terminal.ts';

interface Finding {
  check: string;
  state: 'ok' | 'note' | 'fault';
  found: string;
  /** The way out. */
  fix?: string;
}

export interface DoctorParts {
  config: Config;
  terminal: Terminal;
  env: Record<string, string | undefined>;
  /** Opens claw's data; throws what is wrong with it. */
  open: () => Promise<Session>;
}

/** `claw doctor`: what works, what is missing, what it is for and how to get it. Exit 1 where something required is missing. */
export async function runDoctor({ config, terminal, env, open }: DoctorParts): Promise<number> {
  const { paths, values } = config;
  const findings: Finding[] = [
    { check: 'Node', state: 'ok', found: `${process.version} at ${process.execPath}` },
    folder(paths.home),
    space(paths.home),
    ...(await dataIn(paths.database, open)),
    policy(paths.policy),
    ...(existsSync(paths.vault) ? [await vaultIn(open)] : []),
    await daemon(config),
    await port(values.CLAW_HOST, values.CLAW_PORT, paths.socket),
    {
      check: 'model',
      state: 'note',
      found: values.CLAW_MODEL === 'none' ? 'none: llm_prompt has nobody to ask' : `requests and llm_prompt ask ${values.CLAW_MODEL}`,
      fix: 'Set CLAW_MODEL, as in docs/models.md; what the rules are sure of they plan alone, with a model or without.',
    },
    ...programs.map((program) => findProgram(program, env.PATH ?? '')),
  ];
  if (terminal.json) terminal.out(JSON.stringify({ ok: findings.every(({ state }) => state !== 'fault'), items: findings }));
  else for (const finding of findings) terminal.out(lineOf(finding, terminal));
  return findings.some(({ state }) => state === 'fault') ? 1 : 0;
}

const marks = { ok: ['green', '✓'], note: ['yellow', '·'], fault: ['red', '✗'] } as const;

function lineOf({ check, state, found, fix }: Finding, { paint }: Terminal): string {
  const [colour, sign] = marks[state];
  return `${paint(colour, sign)} ${check.padEnd(12)} ${found}${fix ? `\n  ${''.padEnd(12)} ${fix}` : ''}`;
}

function folder(home: string): Finding {
  const check = 'data folder';
  if (!existsSync(home)) return { check, state: 'ok', found: `${home} is made at the first use` };
  try {
    accessSync(home, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return {
      check,
      state: 'fault',
      found: `${home} cannot be written`,
      fix: 'Set CLAW_HOME to a folder of your own, or correct its owner.',
    };
  }
  const mode = statSync(home).mode & 0o777;
  if ((mode & 0o077) !== 0 && !isEmptyAndOurs(home))
    return { check, state: 'fault', found: `${home} is open to other users (${mode.toString(8)})`, fix: `chmod 700 ${home}` };
  return { check, state: 'ok', found: home };
}

const leastFreeBytes = 100 * 1_048_576;

function space(home: string): Finding {
  let existing = home;
  while (!existsSync(existing)) existing = path.dirname(existing);
  const { bavail, bsize } = statfsSync(existing);
  const free = bavail * bsize;
  const found = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  return free < leastFreeBytes
    ? { check: 'disk', state: 'fault', found, fix: 'Free some space: nothing can be recorded without it.' }
    : { check: 'disk', state: 'ok', found };
}

async function dataIn(database: string, open: DoctorParts['open']): Promise<Finding[]> {
  const check = 'claw.db';
  if (!existsSync(database)) return [{ check, state: 'ok', found: 'is made at the first use' }];
  try {
    await using session = await open();
    const { ok, rows } = (await session.call('audit_verify', {})).output as { ok: boolean; rows: number };
    if (!ok)
      return [{ check, state: 'fault', found: 'the audit log is not what was written', fix: 'claw audit verify names the first bad row.' }];
    const { sandbox } = (await session.call('policy_show', {})).output as { sandbox: boolean };
    return [{ check, state: 'ok', found: `opens, and its ${rows} audit rows are intact` }, sandboxOf(sandbox)];
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return [{ check, state: 'fault', found: error.message, fix: error.hint }];
  }
}

const sandboxOf = (works: boolean): Finding =>
  works
    ? { check: 'sandbox', state: 'ok', found: "starts: commands of anyone but the owner do not see claw's own data" }
    : {
        check: 'sandbox',
        state: 'note',
        found: 'cannot start, so commands of anyone but the owner ask',
        fix: 'Install bubblewrap, and allow user namespaces (sysctl kernel.unprivileged_userns_clone=1).',
      };

function policy(file: string): Finding {
  const check = 'policy.yaml';
  if (!existsSync(file)) return { check, state: 'ok', found: 'is not there: only what is built in' };
  try {
    return { check, state: 'ok', found: `is sound, ${readPolicy(file).rules.length} rules` };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return { check, state: 'fault', found: error.message, fix: error.hint };
  }
}

async function vaultIn(open: DoctorParts['open']): Promise<Finding> {
  const check = 'vault';
  try {
    await using session = await open();
    const status = (await session.call('vault_status', {})).output as VaultState;
    if (status.problem) return { check, state: 'fault', found: status.problem.message, fix: status.problem.hint };
    const late = [...status.due, ...status.overdue];
    if (late.length > 0)
      return { check, state: 'note', found: `due for rotation: ${late.join(', ')}`, fix: `claw vault rotate ${late[0]}` };
    return { check, state: 'ok', found: `opens, generation ${status.generation}` };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return { check, state: 'fault', found: error.message, fix: error.hint };
  }
}

interface VaultState {
  generation: number;
  due: string[];
  overdue: string[];
  problem?: { message: string; hint: string };
}

async function daemon({ paths }: Config): Promise<Finding> {
  const socket = existsSync(paths.home) ? await reachDaemon(paths.socket).catch(() => undefined) : undefined;
  socket?.destroy();
  return socket
    ? { check: 'daemon', state: 'ok', found: 'runs' }
    : {
        check: 'daemon',
        state: 'note',
        found: 'does not run',
        fix: 'claw serve starts it: timers, recovery, HTTP. Everything else works without.',
      };
}

async function port(host: string, number: number, socketFile: string): Promise<Finding> {
  const check = `port ${number}`;
  const isTaken = await new Promise<boolean>((resolve) => {
    const socket = connect(number, host === '0.0.0.0' ? '127.0.0.1' : host);
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
  const own = isTaken ? await reachDaemon(socketFile).catch(() => undefined) : undefined;
  own?.destroy();
  if (!isTaken) return { check, state: 'ok', found: 'is free' };
  return own
    ? { check, state: 'ok', found: 'is served by the daemon' }
    : { check, state: 'note', found: 'is taken by another program', fix: 'claw serve --port 8201, or CLAW_PORT=8201' };
}

const programs = [
  {
    name: 'bwrap',
    use: "hiding claw's own data from commands of agents, schedules and clients; without it those commands ask",
    install: 'apt-get install bubblewrap',
  },
  { name: 'git', use: 'commands on repositories', install: 'apt-get install git' },
  { name: 'ssh', use: 'commands on other machines through shell_run', install: 'apt-get install openssh-client' },
  { name: 'docker', use: 'containers through shell_run', install: 'apt-get install docker.io' },
];

function findProgram({ name, use, install }: (typeof programs)[number], searchPath: string): Finding {
  const found = searchPath
    .split(path.delimiter)
    .map((one) => path.join(one, name))
    .find((file) => existsSync(file));
  return found
    ? { check: name, state: 'ok', found }
    : { check: name, state: 'note', found: `is not installed; it serves ${use}`, fix: install };
}
