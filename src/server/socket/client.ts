import { connect as open, type Socket } from 'node:net';
import { systemCode, ToolError, type ErrorShape } from '../../core/errors.ts';
import type { Progress } from '../../core/tool.ts';
import type { CallResult } from '../../gate/gate-types.ts';
import type { ToolFacts } from '../../core/tool-facts.ts';
import type { Session, SessionCall } from '../session.ts';
import { objectOf, onLines, send } from './lines.ts';
import { socketPlace } from './place.ts';

/** A connection to the daemon of this data folder; undefined where none is alive. */
export function reachDaemon(socketFile: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const place = socketPlace(socketFile);
    const socket = open(place);
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error) => {
      const code = systemCode(error);
      // A file nobody listens on is what kill -9 leaves behind; a data folder that is none is named by whoever opens it.
      if (['ENOENT', 'ECONNREFUSED', 'ENOTDIR'].includes(code)) resolve(undefined);
      else
        reject(
          new ToolError('unavailable', `The daemon's socket ${place} cannot be reached (${code}).`, {
            hint: 'Check the data folder, or use --no-daemon.',
            cause: error,
          }),
        );
    });
  });
}

interface Pending {
  resolve: (value: unknown) => void;
  reject: (reason: Error) => void;
  onProgress?: (progress: Progress) => void;
}

/** The calls of the owner who stands in `folder`, made in the daemon. */
export function remoteSession(socket: Socket, folder: string): Session {
  const pending = new Map<number, Pending>();
  let last = 0;
  send(socket, { mode: 'owner', folder });
  onLines(socket, (line) => {
    const message = objectOf(line);
    if (!message) return void socket.destroy();
    const call = pending.get(message.id as number);
    if (message.progress) return call?.onProgress?.(message.progress as Progress);
    pending.delete(message.id as number);
    if (message.error) call?.reject(ToolError.fromShape(message.error as ErrorShape));
    else call?.resolve(message.result);
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    for (const { reject } of pending.values()) reject(lost());
    pending.clear();
  });
  const ask = (method: string, params: object, { signal, onProgress }: SessionCall = {}): Promise<unknown> => {
    const id = (last += 1);
    signal?.addEventListener('abort', () => send(socket, { id, method: 'cancel' }), { once: true });
    return new Promise((resolve, reject) => {
      if (socket.destroyed) return reject(lost());
      pending.set(id, { resolve, reject, onProgress });
      send(socket, { id, method, ...params });
    });
  };
  return {
    tools: async () => (await ask('tools', {})) as ToolFacts[],
    call: async (tool, input, options) => (await ask('call', { tool, input }, options)) as CallResult,
    // What was set going goes on in the daemon.
    settled: async () => {},
    [Symbol.asyncDispose]: async () => void socket.destroy(),
  };
}

const lost = (): ToolError =>
  new ToolError('unknown_outcome', 'The daemon went away during the call.', {
    hint: 'claw audit tail and claw run list say how far it came.',
  });
