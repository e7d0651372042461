import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { z } from 'zod';
import { systemCode, ToolError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Session } from '../session.ts';
import { reachDaemon } from './client.ts';
import { objectOf } from './lines.ts';
import { answerOwner } from './owner-door.ts';
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
    greet(socket, { session, serveMcp, log });
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

const greeting = z.object({
  mode: z.enum(['mcp', 'owner']),
  toolsets: z.array(z.string().max(60)).max(200).optional(),
  readOnly: z.boolean().optional(),
  folder: z.string().max(4_096).optional(),
});
const longestGreeting = 16_384;
const greetingMs = 10_000;

/** The first line says what the connection is for. Whoever does not speak our words, or nothing at all, is shown the door. */
function greet(socket: Socket, { session, serveMcp, log }: Omit<SocketServerParts, 'socketFile'>): void {
  let first = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), greetingMs).unref();
  socket.once('close', () => clearTimeout(timer));
  const onData = (chunk: Buffer): void => {
    first = Buffer.concat([first, chunk]);
    const end = first.indexOf(10);
    if (end === -1) return void (first.length > longestGreeting && socket.destroy());
    clearTimeout(timer);
    socket.off('data', onData);
    socket.pause();
    const said = greeting.safeParse(objectOf(first.subarray(0, end))).data;
    if (first.length > end + 1) socket.unshift(first.subarray(end + 1));
    try {
      if (said?.mode === 'mcp') serveMcp(socket, said);
      else if (said?.mode === 'owner') answerOwner(socket, session(said.folder));
      else socket.destroy();
    } catch (error) {
      log.error('socket_not_served', { error });
      socket.destroy();
    }
    socket.resume();
  };
  socket.on('data', onData);
}
