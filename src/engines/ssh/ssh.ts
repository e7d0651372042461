import path from 'node:path';
import type { SFTPWrapper } from 'ssh2';
import { ToolError } from '../../core/errors.ts';
import type { Redactor } from '../../core/redact.ts';
import { openText, type OpenSecret, type SecretText } from '../../core/secret.ts';
import { keepOutput, lastLine } from '../output/kept-output.ts';
import { onEach, statusOf, type FleetOptions, type HostStatus } from './fleet.ts';
import type { SshHost } from '../../core/ssh-host.ts';
import type { ImportedHosts } from './import-config.ts';
import { healthOf, type HostHealth } from './health.ts';
import { createRemoteJobs, type RemoteJobs } from './jobs.ts';
import { createHostsFile, type HostsFile } from './hosts-file.ts';
import { fingerprintOf, type HostKeyVerdict } from './known-hosts.ts';
import { createPool, type Asked, type Pool } from './pool.ts';
import type { RemoteCommand } from './remote-line.ts';
import { runCommand, type CommandEnd } from './run-command.ts';
import type { Transfer, Transferred } from './transfer.ts';
import { createTrust } from './trust.ts';

export interface SshRun extends Omit<RemoteCommand, 'sudo'>, FleetOptions, Asked {
  /** Aliases, groups, tags. */
  hosts: string[];
  sudo?: boolean;
  stdin?: SecretText | undefined;
  /** For each host. */
  timeoutMs: number;
  onLine?: (host: string, line: string) => void;
}

export interface HostResult extends CommandEnd {
  host: string;
  status: HostStatus;
  stdout: string;
  stderr: string;
  /** Where all of the output is, when it was longer than what is returned. */
  file?: string;
  durationMs: number;
  error?: ToolError;
}

/** Other machines, over SSH. Knows nothing of tools; what may be run there is decided before. */
export interface Ssh extends HostsFile {
  /** On every host of the names, in the order of hosts.yaml. Throws only what is wrong before any is begun. */
  run(request: SshRun): Promise<HostResult[]>;
  upload(request: FileRequest): Promise<Transferred>;
  download(request: FileRequest): Promise<Transferred>;
  /** SHA-256 of a file there, where it has the program for it, and its size. Throws `not_found`. */
  digest(file: { host: string; file: string } & Asked): Promise<{ digest: string | undefined; bytes: number }>;
  /** Of these, or of all. */
  health(names: string[] | undefined, asked: Asked): Promise<HostHealth[]>;
  jobs: RemoteJobs;
  /** What an OpenSSH configuration offers. Throws `not_found`, `bad_config`. */
  importable(from: ImportRequest): Promise<ImportedHosts>;
  importHosts(from: ImportRequest & { replace: boolean }): Promise<{ added: string[]; left: ImportedHosts['left'] }>;
  /** The key that the host shows, and what is known of it. */
  hostKey(alias: string, asked: Asked): Promise<{ fingerprint: string; verdict: HostKeyVerdict }>;
  /** From now on this key is the host's. Throws `denied` where it shows another one. */
  trust(alias: string, fingerprint: string, asked: Asked): Promise<void>;
  close(): void;
}

export type FileRequest = Omit<Transfer, 'sftp'> & Asked & { host: string };

export interface ImportRequest {
  file: string;
  /** Only these. */
  hosts?: string[] | undefined;
}

export interface SshParts {
  hosts: string;
  /** Files of host keys: claw's own, and those that are only read. */
  knownHosts: { own: string; others: string[] };
  secret: OpenSecret;
  redactor: Pick<Redactor, 'text' | 'stream' | 'knows'>;
  /** Folder for outputs that are too long. */
  outputs: string;
  /** The socket of an ssh-agent. */
  agent: string | undefined;
  userHome: string;
}

export function createSsh(parts: SshParts): Ssh {
  const { secret, agent, userHome } = parts;
  const file = createHostsFile(parts.hosts);
  const trust = createTrust(parts.knownHosts);
  const pool = createPool({ trust, secret, agent, userHome, host: file.host });
  const keyNow = async (alias: string, asked: Asked) => {
    const host = file.host(alias);
    const key = await pool.shownKey(host, asked);
    return { host: { ...host, key }, fingerprint: fingerprintOf(key) };
  };
  const overSftp = async <Result>(alias: string, asked: Asked, work: (sftp: SFTPWrapper) => Promise<Result>): Promise<Result> => {
    const lease = await pool.lease(file.host(alias), asked);
    try {
      return await work(await lease.link.sftp());
    } finally {
      lease.release();
    }
  };
  const run: Ssh['run'] = async (request) => {
    const hosts = file.targets(request.hosts);
    const stdin = await openText(request.stdin ?? '', secret, request.use);
    const results = await onEach(hosts, (host) => onHost(host, { ...request, text: stdin }, { ...parts, pool }), {
      ...request,
      failed: ({ status }) => status !== 'ok',
    });
    return results.map((result, index) => result ?? notBegun(hosts[index]!));
  };
  const add: Ssh['add'] = (hosts, options) => {
    if (parts.redactor.knows(JSON.stringify(hosts))) throw named();
    return file.add(hosts, options);
  };
  const importable: Ssh['importable'] = async ({ file: config, hosts: wanted }) => {
    const { hostsOfConfig } = await import('./import-config.ts');
    const { hosts, left } = hostsOfConfig(config);
    const isWanted = ({ alias }: { alias: string }): boolean => wanted === undefined || wanted.includes(alias);
    return { hosts: hosts.filter(isWanted), left: left.filter(isWanted) };
  };
  return {
    ...file,
    add,
    importable,
    importHosts: async ({ replace, ...from }) => {
      const { hosts, left } = await importable(from);
      const known = new Set(file.hosts().map(({ alias }) => alias));
      const taken = hosts.filter(({ alias }) => !replace && known.has(alias));
      const added = hosts.filter((host) => !taken.includes(host));
      if (added.length > 0) add(added, { replace });
      return {
        added: added.map(({ alias }) => alias),
        left: [...left, ...taken.map(({ alias }) => ({ alias, why: 'there is one of this name already' }))],
      };
    },
    jobs: createRemoteJobs({ run }),
    health: (names, asked) => Promise.all((names ? file.targets(names) : file.hosts()).map((host) => healthOf(host, { run }, asked))),
    upload: (request) => overSftp(request.host, request, async (sftp) => (await import('./transfer.ts')).upload({ ...request, sftp })),
    download: (request) => overSftp(request.host, request, async (sftp) => (await import('./transfer.ts')).download({ ...request, sftp })),
    digest: async ({ host, file: path, ...asked }) => {
      const command = ['sha256sum', '--', path];
      const [result] = await run({ hosts: [host], command, timeoutMs: 600_000, parallel: 1, canary: 0, maxFailures: 1, ...asked });
      const digest = /^\\?([0-9a-f]{64})\s/.exec(result!.stdout)?.[1];
      const { statOf } = await import('./transfer.ts');
      const found = await overSftp(host, asked, (sftp) => statOf(sftp, path));
      if (!found) throw new ToolError('not_found', `${path} does not exist there.`, { hint: 'Look with ssh_run and ls.' });
      return { digest, bytes: found.size };
    },
    close: pool.close,
    hostKey: async (alias, asked) => {
      const { host, fingerprint } = await keyNow(alias, asked);
      return { fingerprint, verdict: trust.judge(host) };
    },
    trust: async (alias, expected, asked) => {
      const { host, fingerprint } = await keyNow(alias, asked);
      if (fingerprint !== expected)
        throw new ToolError('denied', `${alias} shows another key now: ${fingerprint}.`, {
          hint: 'Compare it with what the host itself says: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
        });
      const verdict = trust.judge(host);
      if (verdict === 'changed' || verdict === 'revoked')
        throw new ToolError('denied', `Another key of ${alias} is known, or this one is revoked.`, {
          hint: 'If the machine was set up anew, take its old line out of known_hosts first.',
        });
      if (verdict === 'unknown') trust.believe(host);
    },
    run,
  };
}

type HostRun = SshRun & { text: string };

/** Never throws, but where the whole call was called off before the host was reached: others go on whatever happens here. */
async function onHost(host: SshHost, request: HostRun, parts: SshParts & { pool: Pool }): Promise<HostResult> {
  const { outputs, redactor } = parts;
  const began = performance.now();
  const name = path.join(outputs, `${request.use.callId}${request.hosts.length > 1 ? `.${host.alias}` : ''}`);
  const stdout = keepOutput(`${name}.stdout.txt`, redactor.stream());
  const stderr = keepOutput(`${name}.stderr.txt`, redactor.stream());
  let end: CommandEnd = { exitCode: null, endedBy: null };
  let error: ToolError | undefined;
  try {
    end = await commandOn(host, { ...request, stdout, stderr }, parts);
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    error = thrown;
  }
  const [whole, errors] = await Promise.all([stdout.close(), stderr.close()]);
  const kept = whole ?? errors;
  return {
    host: host.alias,
    status: error ? statusOf(error) : end.exitCode === 0 ? 'ok' : 'failed',
    ...end,
    stdout: stdout.text(),
    stderr: stderr.text(),
    ...(kept !== undefined && { file: kept }),
    durationMs: Math.round(performance.now() - began),
    ...(error && { error }),
  };
}

type Outputs = Record<'stdout' | 'stderr', ReturnType<typeof keepOutput>>;

async function commandOn(
  host: SshHost,
  request: HostRun & Outputs,
  { pool, redactor, secret }: SshParts & { pool: Pool },
): Promise<CommandEnd> {
  const { timeoutMs, onLine } = request;
  const late = new ToolError('timeout', `${host.alias} did not finish within ${timeoutMs / 1_000} s; it was ended there.`, {
    hint: 'Give it a longer timeoutMs, or start it as a job: ssh_job_start.',
  });
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(late), timeoutMs).unref();
  const signal = AbortSignal.any([request.signal, deadline.signal]);
  try {
    const lease = await pool.lease(host, { use: request.use, signal });
    const password = request.sudo && host.sudo_password ? await secret(host.sudo_password.$secret, request.use) : undefined;
    try {
      return await runCommand(lease.link, {
        ...request,
        sudo: request.sudo ? { password: password !== undefined } : undefined,
        stdin: `${password === undefined ? '' : `${password}\n`}${request.text}`,
        signal,
        onText: onLine ? lastLine((line) => onLine(host.alias, redactor.text(line))) : () => {},
      });
    } finally {
      lease.release();
    }
  } finally {
    clearTimeout(timer);
  }
}

const named = (): ToolError =>
  new ToolError('invalid_input', 'There is a secret of the vault in it, in clear.', {
    hint: 'Name it: password: {"$secret":"NAME"}; hosts.yaml holds no values.',
  });

const notBegun = (host: SshHost): HostResult => ({
  host: host.alias,
  status: 'not begun',
  exitCode: null,
  endedBy: null,
  stdout: '',
  stderr: '',
  durationMs: 0,
});
