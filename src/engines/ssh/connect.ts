import { readFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import type { Duplex } from 'node:stream';
import ssh2, { type Client, type ConnectConfig } from 'ssh2';
import { ToolError } from '../../core/errors.ts';
import type { OpenSecret, SecretUse } from '../../core/secret.ts';
import type { SshHost } from '../../core/ssh-host.ts';
import { fingerprintOf } from './known-hosts.ts';
import type { Trust } from './trust.ts';

export interface ConnectParts {
  trust: Trust;
  secret: OpenSecret;
  /** The socket of an ssh-agent, as SSH_AUTH_SOCK names it. */
  agent: string | undefined;
  userHome?: string;
}

export interface ConnectRequest {
  host: SshHost;
  use: SecretUse;
  signal: AbortSignal;
  /** The stream through another host. */
  sock?: Duplex | undefined;
}

/** Ms until a connection is ready, the check of its host key and the login included. */
const readyMs = 20_000;

/**
 * A connection that is logged in. The host's key is checked before anything of the owner's is sent. Throws `unavailable`
 * where the host does not answer, `denied` where its key is not believed or it refuses the login, and what the vault throws.
 */
export async function connect(request: ConnectRequest, parts: ConnectParts): Promise<Client> {
  const { host, signal, sock } = request;
  signal.throwIfAborted();
  const client = new ssh2.Client();
  const login = await credentials(request, parts);
  let refusal: ToolError | undefined;
  const config: ConnectConfig = {
    host: host.hostname,
    port: host.port,
    username: host.username ?? userInfo().username,
    readyTimeout: readyMs,
    keepaliveInterval: host.keepalive_ms,
    keepaliveCountMax: 3,
    hostVerifier: (key: Buffer) => {
      refusal = refusalOf(host, key, parts.trust);
      return refusal === undefined;
    },
    algorithms: { serverHostKey: { prepend: algorithmsOf(parts.trust.types(host)), append: [], remove: [] } } as never,
    ...login,
    ...(sock && { sock }),
  };
  return new Promise((resolve, reject) => {
    const failed = (error: Error & { level?: string; code?: string }): void => {
      client.end();
      reject(signal.aborted ? (signal.reason as Error) : (refusal ?? explained(error, host)));
    };
    const cancel = (): void => {
      client.destroy();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', cancel, { once: true });
    client.once('error', failed);
    client.once('close', () => failed(Object.assign(new Error('closed'), { level: 'client-socket' })));
    client.once('ready', () => {
      signal.removeEventListener('abort', cancel);
      client.removeListener('error', failed);
      // Without it each command waits for an acknowledgement of the one before.
      client.setNoDelay(true);
      resolve(client);
    });
    client.connect(config);
  });
}

async function credentials({ host, use }: ConnectRequest, { secret, agent, userHome = homedir() }: ConnectParts): Promise<ConnectConfig> {
  const open = (reference: { $secret: string } | undefined): Promise<string> | undefined =>
    reference && secret(reference.$secret, { ...use, host: `${host.hostname}:${host.port}` });
  const auth = host.auth ?? (host.key || host.key_file ? 'key' : host.password ? 'password' : 'agent');
  if (auth === 'password') {
    const password = await open(host.password);
    if (password === undefined) throw unset(host, 'auth is password, and it names none', `password: {$secret: ${host.alias}-password}`);
    return { password, authHandler: ['password'] };
  }
  if (auth === 'agent') {
    if (!agent) throw unset(host, 'there is no ssh-agent here (SSH_AUTH_SOCK)', 'key_file: ~/.ssh/id_ed25519');
    return { agent, authHandler: ['agent'] };
  }
  const privateKey = (await open(host.key)) ?? (await keyFile(host, userHome));
  const passphrase = await open(host.passphrase);
  const parsed = ssh2.utils.parseKey(privateKey, passphrase);
  if (parsed instanceof Error) throw unreadable(host, parsed, passphrase);
  return { privateKey, passphrase, authHandler: ['publickey'] };
}

async function keyFile(host: SshHost, userHome: string): Promise<string> {
  if (host.key_file === undefined) throw unset(host, 'auth is key, and it names none', 'key_file: ~/.ssh/id_ed25519');
  const file = host.key_file.replace(/^~(?=\/)/, userHome);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ToolError('bad_config', `The key of ${host.alias} cannot be read: ${file}.`, {
      hint: 'Check key_file in hosts.yaml.',
      cause: error,
    });
  }
}

function refusalOf(host: SshHost, key: Buffer, trust: Trust): ToolError | undefined {
  const verdict = trust.judge({ hostname: host.hostname, port: host.port, key });
  const print = fingerprintOf(key);
  if (verdict === 'known') return undefined;
  if (verdict === 'unknown')
    return new ToolError('denied', `Nobody has said yet that ${host.alias} may have the host key ${print}.`, {
      hint: `Compare it with ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub on ${host.alias}, then: ssh_host_trust {"host":"${host.alias}","fingerprint":"${print}"}`,
    });
  const what = verdict === 'revoked' ? 'shows a host key that is revoked' : 'has another host key than the one that is known';
  return new ToolError('denied', `${host.alias} ${what} (${print}): it may be another machine. Nothing was sent.`, {
    hint: 'If the machine was set up anew, take its old line out of known_hosts first; else find out who answers there.',
  });
}

/** A key's type, and how it may sign. */
const algorithmsOf = (types: string[]): string[] =>
  types.flatMap((type) => (type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'] : [type]));

function explained(error: Error & { level?: string; code?: string }, host: SshHost): ToolError {
  const where = `${host.alias} (${host.hostname}:${host.port})`;
  if (error.level === 'client-authentication')
    return new ToolError('denied', `${where} refused the login of ${host.username ?? userInfo().username}.`, {
      hint: 'Check username, and key_file, password or the agent, in hosts.yaml.',
      cause: error,
    });
  if (error.level === 'agent')
    return new ToolError('unavailable', `The ssh-agent does not answer.`, { hint: 'Check SSH_AUTH_SOCK.', cause: error });
  const why = { ECONNREFUSED: 'nothing listens there', ENOTFOUND: 'there is no such name', EHOSTUNREACH: 'there is no way to it' };
  const told = why[error.code as keyof typeof why] ?? (error.level === 'client-timeout' ? 'it did not answer in time' : 'no connection');
  return new ToolError('unavailable', `${where} cannot be reached: ${told}.`, { hint: 'ssh_health looks at it.', cause: error });
}

const unset = (host: SshHost, what: string, example: string): ToolError =>
  new ToolError('bad_config', `${host.alias} in hosts.yaml: ${what}.`, { hint: `Add to it, for example: ${example}` });

function unreadable(host: SshHost, error: Error, passphrase: string | undefined): ToolError {
  const isLocked = /encrypted|passphrase|decrypt/i.test(error.message);
  const what = isLocked ? (passphrase === undefined ? 'needs a passphrase' : 'has another passphrase') : 'is no private key';
  return new ToolError('bad_config', `The key of ${host.alias} ${what}.`, {
    hint: isLocked ? `claw vault set ${host.alias}-passphrase, and in hosts.yaml: passphrase: {$secret: …}` : 'Check key_file.',
    cause: error,
  });
}

/** The key that a host shows now; nothing of the owner's is sent. Throws `unavailable`. */
export async function shownKey({ host, signal, sock }: Omit<ConnectRequest, 'use'>): Promise<Buffer> {
  signal.throwIfAborted();
  const client = new ssh2.Client();
  let shown: Buffer | undefined;
  const hostVerifier = (key: Buffer): boolean => {
    shown = Buffer.from(key);
    return false;
  };
  return new Promise((resolve, reject) => {
    const done = (error: Error): void => {
      client.destroy();
      if (shown) resolve(shown);
      else reject(signal.aborted ? (signal.reason as Error) : explained(error, host));
    };
    signal.addEventListener('abort', () => done(new Error('called off')), { once: true });
    client.once('error', done);
    client.once('close', () => done(new Error('closed')));
    client.connect({
      host: host.hostname,
      port: host.port,
      username: 'nobody',
      readyTimeout: readyMs,
      hostVerifier,
      ...(sock && { sock }),
    });
  });
}
