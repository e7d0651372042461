import type { ClientChannel } from 'ssh2';
import { setTimeout as pause } from 'node:timers/promises';
import { ToolError } from '../../core/errors.ts';
import type { KeptOutput } from '../output/kept-output.ts';
import type { Link } from './link.ts';
import { remoteLine, type RemoteCommand } from './remote-line.ts';

export interface CommandEnd {
  exitCode: number | null;
  /** The signal that ended it, as TERM. */
  endedBy: string | null;
}

export interface CommandRequest extends RemoteCommand {
  stdin: string;
  signal: AbortSignal;
  stdout: Pick<KeptOutput, 'add'>;
  stderr: Pick<KeptOutput, 'add'>;
  onText: (text: string) => void;
}

/** Ms after which a command is watched over: shorter ones are over before a lost connection is noticed. */
const watchedAfterMs = 500;
const graceMs = 2_000;

/**
 * One command, to its end. Throws `unknown_outcome` where the connection was cut before the host said how it ended, and what
 * the signal says when it was called off: then the host has ended its group of processes, or the hint says that it may live.
 */
export async function runCommand(link: Link, request: CommandRequest): Promise<CommandEnd> {
  const { signal, stdin } = request;
  signal.throwIfAborted();
  const { channel, group, end } = await link.exec(remoteLine(request, link), (opened) => {
    opened.on(
      'data',
      toText((text) => (request.stdout.add(text), request.onText(text))),
    );
    opened.on('error', () => {});
    return { channel: opened, group: groupOf(opened, request), end: ended(opened) };
  });
  channel.end(stdin);
  const over = new AbortController();
  void watchLater(link, { group, over: over.signal });
  try {
    const told = await Promise.race([end, calledOff(signal, over.signal)]);
    if (told === 'called off') return await endRemote({ link, group, end, channel, signal });
    if (told.exitCode === null && told.endedBy === null) throw cutOff();
    return told;
  } finally {
    over.abort();
    void group.then((id) => id !== undefined && link.unguard(id));
  }
}

/** The first line of stderr is the group of the command; the rest is its own. */
function groupOf(channel: ClientChannel, { stderr, onText }: CommandRequest): Promise<number | undefined> {
  let head: string | undefined = '';
  return new Promise((resolve) => {
    const own = (text: string): void => {
      if (text === '') return;
      stderr.add(text);
      onText(text);
    };
    channel.stderr.on(
      'data',
      toText((text) => {
        if (head === undefined) return own(text);
        head += text;
        const [first = '', ...rest] = head.split('\n');
        if (rest.length === 0) return;
        head = undefined;
        const isGroup = /^\d+$/.test(first);
        resolve(isGroup ? Number(first) : undefined);
        own(isGroup ? rest.join('\n') : [first, ...rest].join('\n'));
      }),
    );
    channel.once('close', () => {
      if (head !== undefined) own(head);
      resolve(undefined);
    });
  });
}

function toText(tell: (text: string) => void): (piece: Buffer) => void {
  const decoder = new TextDecoder();
  return (piece) => tell(decoder.decode(piece, { stream: true }));
}

/** Neither code nor signal: the host never said how it ended. */
function ended(channel: ClientChannel): Promise<CommandEnd> {
  let end: CommandEnd = { exitCode: null, endedBy: null };
  channel.on('exit', (code: number | null, signal?: string) => {
    end = { exitCode: code, endedBy: signal ?? null };
  });
  return new Promise((resolve) => channel.once('close', () => resolve(end)));
}

async function watchLater(link: Link, { group, over }: { group: Promise<number | undefined>; over: AbortSignal }): Promise<void> {
  try {
    await pause(watchedAfterMs, undefined, { signal: over, ref: false });
    const id = await group;
    if (id !== undefined && !over.aborted) await link.guard(id);
  } catch {
    // It is over, or the connection is: then the command's own channel tells.
  }
}

function calledOff(signal: AbortSignal, over: AbortSignal): Promise<'called off'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('called off');
    signal.addEventListener('abort', () => resolve('called off'), { once: true, signal: over });
  });
}

interface Ending {
  link: Link;
  group: Promise<number | undefined>;
  end: Promise<CommandEnd>;
  channel: ClientChannel;
  signal: AbortSignal;
}

async function endRemote({ link, group, end, channel, signal }: Ending): Promise<never> {
  const id = await Promise.race([group, pause(graceMs, undefined, { ref: false })]);
  const isEnded = id !== undefined && (await link.end(id).catch(() => false));
  await Promise.race([end, pause(graceMs, undefined, { ref: false })]);
  channel.close();
  if (isEnded) throw signal.reason;
  throw new ToolError('unknown_outcome', 'It was called off, and the host does not say whether the command has ended.', {
    hint: 'Look for it there: ssh_run with ps.',
    cause: signal.reason,
  });
}

const cutOff = (): ToolError =>
  new ToolError('unknown_outcome', 'The connection was cut before the host said how the command ended.', {
    hint: 'Look there what it has done before it is run again.',
  });
