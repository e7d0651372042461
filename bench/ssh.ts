import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/core/config.ts';
import { silentLog } from '../src/core/log.ts';

const port = 20_022;
const each = 200;
const laneCount = 10;
const rounds = 5;

/**
 * Commands a second on a real OpenSSH server on loopback: ours through the gate, with policy and audit, and `ssh` with a
 * ControlMaster, as one has it without claw. In turns, so that both see the same machine.
 */
export default async function bench(): Promise<void> {
  if (!existsSync('/usr/sbin/sshd')) return console.log('skipped: openssh-server is not installed');
  const folder = mkdtempSync(path.join(tmpdir(), 'claw-bench-ssh-'));
  const server = await startServer(folder);
  try {
    await compare(folder);
  } finally {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compare(folder: string): Promise<void> {
  const home = path.join(folder, 'home');
  const known = `[127.0.0.1]:${port} ${readFileSync(path.join(folder, 'host_key.pub'), 'utf8')}`;
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(path.join(home, 'known_hosts'), known, { mode: 0o600 });
  const entry = `{alias: nas, hostname: 127.0.0.1, port: ${port}, key_file: ${folder}/key}`;
  writeFileSync(path.join(home, 'hosts.yaml'), `hosts:\n  - ${entry}\n`, { mode: 0o600 });
  const app = await createApp({ config: loadConfig({ env: { CLAW_HOME: home }, cwd: folder, root: folder }), log: silentLog, folder });
  writeFileSync(path.join(folder, 'known'), known);
  const options = ['-F', 'none', '-i', `${folder}/key`, '-p', String(port), '-o', `UserKnownHostsFile=${folder}/known`];
  const master = [...options, '-o', `ControlPath=${folder}/master`];
  spawnSync('ssh', [...master, '-o', 'ControlPersist=yes', '-MNf', `${userInfo().username}@127.0.0.1`]);
  const run = promisify(execFile);
  const ours = async (): Promise<void> => {
    const { output } = await app.gate.call({ kind: 'owner' }, 'ssh_run', { host: 'nas', command: ['echo', 'hello'] });
    if (!(output as { ok: boolean }).ok) throw new Error('a command failed');
  };
  const theirs = async (): Promise<void> => void (await run('ssh', [...master, '127.0.0.1', 'echo', 'hello']));
  await ours();
  await theirs();
  for (const lanes of [1, laneCount]) {
    const rates: Record<'ours' | 'theirs', number[]> = { ours: [], theirs: [] };
    for (let round = 0; round < rounds; round += 1) {
      rates.ours.push(await perSecond(lanes, ours));
      rates.theirs.push(await perSecond(lanes, theirs));
    }
    const [our, their] = [median(rates.ours), median(rates.theirs)];
    console.log(
      `${lanes === 1 ? 'one after the other' : `${lanes} lanes`}: ssh_run through the gate ${our.toFixed(0)}/s, ssh with ControlMaster ${their.toFixed(0)}/s: ${(our / their).toFixed(1)} x (at least 3)`,
    );
  }
  spawnSync('ssh', [...master, '-O', 'exit', '127.0.0.1'], { stdio: 'ignore' });
  await app[Symbol.asyncDispose]();
}

async function perSecond(lanes: number, work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  const lane = async (): Promise<void> => {
    for (let index = 0; index < each / lanes; index += 1) await work();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return each / ((performance.now() - began) / 1_000);
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function startServer(folder: string): Promise<ChildProcess> {
  for (const name of ['key', 'host_key']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(folder, name)]);
  writeFileSync(path.join(folder, 'authorized_keys'), readFileSync(path.join(folder, 'key.pub')));
  const config = [
    'ListenAddress 127.0.0.1',
    `Port ${port}`,
    `HostKey ${folder}/host_key`,
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    'StrictModes no',
    'UsePAM no',
    'MaxSessions 100',
    'PermitRootLogin yes',
    // What the user's own shell does at start is not what is measured.
    `SetEnv HOME=${folder}`,
  ];
  writeFileSync(path.join(folder, 'config'), `${config.join('\n')}\n`);
  mkdirSync('/run/sshd', { recursive: true });
  const child = spawn('/usr/sbin/sshd', ['-D', '-f', path.join(folder, 'config'), '-E', path.join(folder, 'log')], { stdio: 'ignore' });
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true))).on('error', () => resolve(false));
    });
    if (isOpen) return child;
    await pause(50);
  }
  throw new Error('sshd does not listen');
}
