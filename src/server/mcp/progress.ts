import type { ServerContext } from '@modelcontextprotocol/server';
import type { Progress } from '../../core/tool.ts';

export interface ProgressSender {
  send(progress: Progress): void;
  /** Sends what is left, and nothing after it: late progress makes clients drop the connection. */
  finish(): Promise<void>;
}

const intervalMs = 100;

/** Progress notifications, at most ten a second, for a request that asked for them. */
export function progressSender(ctx: ServerContext): ProgressSender {
  const token = ctx.mcpReq._meta?.progressToken;
  if (token === undefined) return { send: () => {}, finish: async () => {} };
  let count = 0;
  let waiting: Progress | undefined;
  let sent: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const flush = (): void => {
    timer = undefined;
    if (!waiting) return;
    const { message, done, total } = waiting;
    waiting = undefined;
    // The protocol wants every value to be larger than the one before.
    count = Math.max(count + 1, done ?? 0);
    const params = { progressToken: token, progress: count, message, ...(total !== undefined && total >= count && { total }) };
    sent = sent.then(() => ctx.mcpReq.notify({ method: 'notifications/progress', params })).catch(() => {});
    timer = setTimeout(flush, intervalMs);
  };
  return {
    send: (progress) => {
      if (isOver) return;
      waiting = progress;
      if (!timer) flush();
    },
    finish: async () => {
      isOver = true;
      clearTimeout(timer);
      flush();
      clearTimeout(timer);
      await sent;
    },
  };
}
