import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { userInfo } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './folder.ts';

/** A real OpenSSH server on loopback, with keys of its own. */
export interface SshServer {
  port: number;
  pid: number;
  /** A private key that it lets in, without a passphrase. */
  keyFile: string;
  /** Its public host key, as known_hosts has it: "type base64". */
  hostKey: string;
  username: string;
  folder: string;
  /** The line for known_hosts. */
  knownHostsLine: string;
  stop(): Promise<void>;
}

const program = '/usr/sbin/sshd';

export function hasSshServer(): boolean {
  const isThere = existsSync(program);
  if (!isThere) console.error('skipped: openssh-server is not installed (scripts/install-system-packages.sh)');
  return isThere;
}

export function makeKey(file: string, { passphrase = '', type = 'ed25519' } = {}): string {
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-f', file, '-C', 'test']);
  return readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export async function startSshServer(options: { port?: number; config?: string[]; authorized?: string[] } = {}): Promise<SshServer> {
  const folder = temporaryFolder();
  const keyFile = path.join(folder, 'key');
  const own = makeKey(keyFile);
  const hostKeyFile = path.join(folder, 'host_key');
  const hostKey = makeKey(hostKeyFile);
  const authorized = path.join(folder, 'authorized_keys');
  writeFileSync(authorized, [own, ...(options.authorized ?? [])].map((key) => `${key}\n`).join(''));
  chmodSync(folder, 0o755);
  const port = options.port ?? (await freePort());
  const pidFile = path.join(folder, 'pid');
  const config = [
    'ListenAddress 127.0.0.1',
    `Port ${port}`,
    `HostKey ${hostKeyFile}`,
    `PidFile ${pidFile}`,
    `AuthorizedKeysFile ${authorized}`,
    'StrictModes no',
    'UsePAM no',
    'MaxStartups 100:30:200',
    'Subsystem sftp internal-sftp',
    'PermitRootLogin yes',
    // Whatever the tester's own shell does at start is not what is tested.
    `SetEnv HOME=${folder}`,
    ...(options.config ?? []),
  ];
  const configFile = path.join(folder, 'sshd_config');
  writeFileSync(configFile, `${config.join('\n')}\n`);
  mkdirSync('/run/sshd', { recursive: true });
  const child = spawn(program, ['-D', '-f', configFile, '-E', path.join(folder, 'log')], { stdio: 'ignore' });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  onTestFinished(stop);
  await listening(port);
  return {
    port,
    pid: child.pid!,
    keyFile,
    hostKey,
    username: userInfo().username,
    folder,
    knownHostsLine: `[127.0.0.1]:${port} ${hostKey}\n`,
    stop,
  };
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await pause(50);
  }
  throw new Error('sshd does not listen');
}
