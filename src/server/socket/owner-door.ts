import type { Socket } from 'node:net';
import { z } from 'zod';
import { ToolError, type ErrorShape } from '../../core/errors.ts';
import { parseInput } from '../plain-json.ts';
import type { Session } from '../session.ts';
import { onLines, send } from './lines.ts';

const id = z.int();
const request = z.discriminatedUnion('method', [
  z.object({ id, method: z.literal('tools') }),
  z.object({ id, method: z.literal('call'), tool: z.string(), input: z.unknown() }),
  z.object({ id, method: z.literal('cancel') }),
]);
type Request = z.output<typeof request>;

/** Calls under way over one connection. */
const mostAtOnce = 64;

/**
 * The owner's calls over the private socket: `{id, method: tools | call | cancel, tool?, input?}` a line, answered by
 * `{id, result}` or `{id, error}`, with `{id, progress}` before. Other lines get an error, with their id where they have one.
 */
export function answerOwner(socket: Socket, session: Session): void {
  const running = new Map<number, AbortController>();
  socket.on('close', () => {
    for (const controller of running.values()) controller.abort();
  });

  async function answer(asked: Request): Promise<void> {
    if (asked.method === 'cancel') return running.get(asked.id)?.abort();
    if (running.has(asked.id)) throw refused(`A call with id ${asked.id} is under way.`);
    if (running.size >= mostAtOnce) throw refused(`${mostAtOnce} calls are under way already.`);
    const controller = new AbortController();
    running.set(asked.id, controller);
    try {
      send(socket, { id: asked.id, result: await work(asked, controller.signal) });
    } finally {
      running.delete(asked.id);
    }
  }

  const work = (asked: Exclude<Request, { method: 'cancel' }>, signal: AbortSignal): Promise<unknown> =>
    asked.method === 'tools'
      ? session.tools()
      : session.call(asked.tool, asked.input, { signal, onProgress: (progress) => send(socket, { id: asked.id, progress }) });

  onLines(socket, (line) => {
    let seen: unknown;
    try {
      seen = parseInput(line);
      const asked = request.safeParse(seen);
      if (!asked.success) throw refused('A line is {id, method, …}.');
      answer(asked.data).catch((error: unknown) => send(socket, { id: asked.data.id, error: shapeOf(error) }));
    } catch (error) {
      send(socket, { id: idOf(seen), error: shapeOf(error) });
    }
  });
}

const refused = (message: string): ToolError =>
  new ToolError('invalid_input', message, { hint: 'Use the claw command of the same version.' });

const idOf = (seen: unknown): number | null => z.object({ id }).safeParse(seen).data?.id ?? null;

const shapeOf = (error: unknown): ErrorShape =>
  error instanceof ToolError ? error.toJSON() : { code: 'internal', message: 'The daemon failed.', hint: 'Its log has the reason.' };
