import type { MiddlewareHandler } from 'hono';
import { ToolError } from '../../core/errors.ts';
import type { HttpEnv } from './guard.ts';
import type { HttpLimits } from './limits.ts';
import { refusalOf } from './refusals.ts';

/** Bounds what is under way. A request counts until its answer has gone out whole or its client has gone. */
export function boundRequests({ requests, streams }: Pick<HttpLimits, 'requests' | 'streams'>): MiddlewareHandler<HttpEnv> {
  const open = { requests: 0, streams: 0 };
  const most = { requests, streams };
  return async (c, next) => {
    const kind = c.req.raw.method === 'GET' && (c.req.path === '/mcp' || c.req.path === '/sse') ? 'streams' : 'requests';
    if (open[kind] >= most[kind]) return refusalOf(tooMany(most[kind], kind));
    open[kind] += 1;
    c.env.outgoing.once('close', () => (open[kind] -= 1));
    return next();
  };
}

const tooMany = (most: number, kind: string): ToolError =>
  new ToolError('unavailable', `${most} ${kind} are under way already.`, {
    hint: 'Try again in a second, or close what is no longer needed.',
  });
