import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { systemCode, ToolError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Session } from '../session.ts';
import { reachDaemon } from './client.ts';
import { onLines, send } from './lines.ts';
import { socketPlace } from './place.ts';

export interface McpBridgeOptions {
  toolsets?: string[];
  readOnly?: boolean;
  folder?: string;
}

export interface SocketServerParts {
  socketFile: string;
  /** The file's permissions make whoever connects the owner, standing in `folder`. */
  session: (folder: string | undefined) => Session;
  /** Takes over a connection that speaks MCP from here on. */
  serveMcp: (socket: Socket, options: McpBridgeOptions) => void;
  log: Log;
}

/** The daemon's private door. Throws `conflict` where another daemon has it. */
export async function serveSocket({ socketFile, session, serveMcp, log }: SocketServerParts): Promise<AsyncDisposable> {
  const place = socketPlace(socketFile);
  const other = await reachDaemon(socketFile);
  if (other) {
    other.destroy();
    throw new ToolError('conflict', 'A daemon serves this data folder already.', { hint: 'Use it, stop it, or choose another CLAW_HOME.' });
  }
  rmSync(place, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', (error) => log.debug('socket_closed', { error })));
    greet(socket, { session, serveMcp });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new ToolError('unavailable', `The socket ${place} cannot be made (${systemCode(error)}).`, {
          hint: 'Check the data folder.',
          cause: error,
        }),
      ),
    );
    server.listen(place, resolve);
  });
  chmodSync(place, 0o600);
  return {
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** The first line says what the connection is for. */
function greet(socket: Socket, { session, serveMcp }: Pick<SocketServerParts, 'session' | 'serveMcp'>): void {
  let first = '';
  const onData = (chunk: Buffer): void => {
    first += chunk.toString('utf8');
    const end = first.indexOf('\n');
    if (end === -1) return void (first.length > 4_096 && socket.destroy());
    socket.off('data', onData);
    const rest = first.slice(end + 1);
    socket.pause();
    if (rest !== '') socket.unshift(rest);
    begin(socket, first.slice(0, end), { session, serveMcp });
    socket.resume();
  };
  socket.on('data', onData);
}

function begin(socket: Socket, line: string, { session, serveMcp }: Pick<SocketServerParts, 'session' | 'serveMcp'>): void {
  try {
    const { mode, ...options } = JSON.parse(line) as { mode: string } & McpBridgeOptions;
    if (mode === 'mcp') return serveMcp(socket, options);
    if (mode === 'owner') return answerOwner(socket, session(options.folder));
  } catch {
    // Fall through: whoever does not speak our words is shown the door.
  }
  socket.destroy();
}

function answerOwner(socket: Socket, session: Session): void {
  const running = new Map<number, AbortController>();
  socket.on('close', () => {
    for (const controller of running.values()) controller.abort();
  });
  onLines(socket, ({ id, method, tool, input }) => {
    const key = id as number;
    if (method === 'cancel') return running.get(key)?.abort();
    const controller = new AbortController();
    running.set(key, controller);
    const onProgress = (progress: unknown): void => send(socket, { id, progress });
    const work = method === 'tools' ? session.tools() : session.call(String(tool), input, { signal: controller.signal, onProgress });
    void work
      .then((result) => send(socket, { id, result }))
      .catch((error: unknown) =>
        send(socket, {
          id,
          error:
            error instanceof ToolError
              ? error.toJSON()
              : { code: 'internal', message: 'The daemon failed.', hint: 'Its log has the reason.' },
        }),
      )
      .finally(() => running.delete(key));
  });
}
