import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { ToolError, type ErrorShape } from '../../core/errors.ts';

export interface BridgeParts {
  /** To the daemon, which has been told what the connection is for. */
  socket: Socket;
  input: Readable;
  output: Writable;
  /** Ends it before either side does. */
  signal: AbortSignal;
}

/** A longer line is not looked into; the daemon answers it with an error of its own. */
const longestLine = 10 * 1_048_576;
const lineEnd = Buffer.from('\n');
const internalError = -32_603;

/**
 * The client's bytes to the daemon and back. It reads along only to know which requests are open, so that none stays without
 * an answer when the daemon dies. Resolves when the client has gone; throws `unavailable` when the daemon has, and whatever
 * the daemon refuses the connection with.
 */
export async function bridgeMcp({ socket, input, output, signal }: BridgeParts): Promise<void> {
  const open = new Set<string | number>();
  let refusal: ErrorShape | undefined;
  let isOver = false;
  const leave = (): void => {
    isOver = true;
    socket.destroy();
  };
  signal.addEventListener('abort', leave, { once: true });
  output.once('close', leave).on('error', leave);

  input
    .once('end', () => (isOver = true))
    .on(
      'data',
      lines((line) => noteRequest(line, open), longestLine),
    );
  input.pipe(socket);
  const fromDaemon = lines((line) => {
    const message = objectOf(line);
    if (message?.refused) return void (refusal = message.refused as ErrorShape);
    if (message && message.method === undefined) open.delete(message.id as string | number);
    if (output.write(Buffer.concat([line, lineEnd]))) return;
    socket.pause();
    output.once('drain', () => socket.resume());
  });
  await new Promise((resolve) =>
    socket
      .on('data', fromDaemon)
      .on('error', () => {})
      .once('close', resolve),
  );
  if (refusal) throw ToolError.fromShape(refusal);
  if (isOver) return;
  for (const id of open) output.write(`${JSON.stringify(unanswered(id))}\n`);
  throw gone;
}

function noteRequest(line: Buffer, open: Set<string | number>): void {
  const { id, method, params } = objectOf(line) ?? {};
  if (method === 'notifications/cancelled') open.delete((params as { requestId?: string | number } | undefined)?.requestId ?? '');
  else if (typeof method === 'string' && (typeof id === 'string' || typeof id === 'number')) open.add(id);
}

const gone = new ToolError('unavailable', 'The daemon went away.', {
  hint: 'Start claw mcp again: it serves by itself where no daemon runs. claw audit tail says how far the open calls came.',
});

const unanswered = (id: string | number): object => ({
  jsonrpc: '2.0',
  id,
  error: { code: internalError, message: gone.message, data: { code: gone.code, hint: gone.hint } },
});

/** Whole lines as they come; what is cut off at the end is none, and one that is longer than `most` is left out. */
function lines(each: (line: Buffer) => void, most = Infinity): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let length = 0;
  const take = (piece: Buffer): void => {
    length += piece.length;
    if (length <= most) parts.push(piece);
    else parts = [];
  };
  return (chunk) => {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      take(chunk.subarray(start, end));
      const line = length <= most ? Buffer.concat(parts) : undefined;
      parts = [];
      length = 0;
      start = end + 1;
      if (line) each(line);
    }
    take(chunk.subarray(start));
  };
}

function objectOf(line: Buffer): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(line.toString('utf8')) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
