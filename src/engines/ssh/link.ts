import { setTimeout as pause } from 'node:timers/promises';
import type { Client, ClientChannel, SFTPWrapper } from 'ssh2';
import { ToolError } from '../../core/errors.ts';
import { guardScript, posixAnswer, posixProbe, quoted } from './remote-line.ts';

/** One connection to a host, and what is going on over it. */
export interface Link {
  readonly openedAt: number;
  /** Whether the login shell reads POSIX; others get everything through `sh -c`. */
  readonly isPosix: boolean;
  readonly isOpen: boolean;
  /**
   * `attach` gets the channel in the moment it is there: what a quick command says may be in the same packet. Throws
   * `unavailable` where the connection is gone, or the host gives no more channels on it.
   */
  exec<Attached>(line: string, attach: (channel: ClientChannel) => Attached): Promise<Attached>;
  /** A stream to another host, from there. */
  forward(hostname: string, port: number): Promise<ClientChannel>;
  sftp(): Promise<SFTPWrapper>;
  /** Whoever watches is asked to end these groups of processes when the connection ends. */
  guard(group: number): Promise<void>;
  unguard(group: number): void;
  /** Ends a group of processes. True when the host has said that it is gone. */
  end(group: number): Promise<boolean>;
  close(): void;
}

/** Ms: ending takes two seconds where TERM is not enough. */
const endMs = 4_000;
const waitsMs = [5, 10, 20, 40, 80, 160, 320];

export async function openLink(client: Client, onClose: () => void): Promise<Link> {
  let isOpen = true;
  client.on('close', () => {
    isOpen = false;
    onClose();
  });
  // What ends a connection is told by its channels; nobody else listens.
  client.on('error', () => {});
  const once = <Attached>(line: string, attach: (channel: ClientChannel) => Attached): Promise<{ attached: Attached } | Error> =>
    new Promise((resolve, reject) => {
      if (!isOpen) return reject(gone());
      client.exec(line, (error, channel) => resolve(error ?? { attached: attach(channel) }));
    });
  const exec: Link['exec'] = async (line, attach) => {
    // sshd counts a session for a moment longer than its channel lasts.
    for (const ms of [...waitsMs, undefined]) {
      const got = await once(line, attach);
      if (!(got instanceof Error)) return got.attached;
      if (ms === undefined) throw noChannel(got);
      await pause(ms);
    }
    throw gone();
  };
  const isPosix = (await (await exec(posixProbe, printed))()).trim() === posixAnswer;
  const shell = (script: string): string => (isPosix ? script : `exec sh -c ${quoted(script)}`);
  let guardian: Promise<ClientChannel> | undefined;
  let sftp: Promise<SFTPWrapper> | undefined;
  const watch = (): Promise<ClientChannel> => {
    guardian ??= exec(shell(guardScript), (channel) => channel.on('error', () => {}).on('close', () => (guardian = undefined)));
    guardian.catch(() => (guardian = undefined));
    return guardian;
  };
  return {
    openedAt: Date.now(),
    isPosix,
    get isOpen() {
      return isOpen;
    },
    exec,
    forward: (hostname, port) =>
      new Promise((resolve, reject) => {
        client.forwardOut('127.0.0.1', 0, hostname, port, (error, channel) => (error ? reject(noChannel(error)) : resolve(channel)));
      }),
    sftp: () => {
      sftp ??= new Promise<SFTPWrapper>((resolve, reject) => {
        client.sftp((error, wrapper) => (error ? reject(noChannel(error)) : resolve(wrapper)));
      });
      sftp.catch(() => (sftp = undefined));
      return sftp;
    },
    guard: async (group) => void (await watch()).write(`+ ${group}\n`),
    unguard: (group) => void guardian?.then((channel) => channel.write(`- ${group}\n`)).catch(() => {}),
    end: async (group) => {
      const channel = await watch();
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(false), endMs);
        let heard = '';
        channel.on('data', (text: Buffer) => {
          heard += text.toString();
          if (!heard.split('\n').includes(String(group))) return;
          clearTimeout(timer);
          resolve(true);
        });
        channel.once('close', () => resolve(false));
        channel.write(`! ${group}\n`);
      });
    },
    close: () => client.end(),
  };
}

function printed(channel: ClientChannel): () => Promise<string> {
  let text = '';
  channel.on('data', (piece: Buffer) => (text += piece.toString()));
  channel.stderr.resume();
  const end = new Promise<string>((resolve) => channel.once('close', () => resolve(text)));
  return () => end;
}

export const gone = (): ToolError => new ToolError('unavailable', 'The connection ended.', { hint: 'ssh_health looks at the host.' });

const noChannel = (error: Error): ToolError =>
  new ToolError('unavailable', 'The host opens nothing more on this connection.', {
    hint: 'Its sshd allows fewer (MaxSessions): set sessions for it in hosts.yaml.',
    cause: error,
  });
