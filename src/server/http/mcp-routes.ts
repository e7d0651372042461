import type { ServerResponse } from 'node:http';
import { createMcpHandler, isLegacyRequest, type McpServerFactory } from '@modelcontextprotocol/server';
import type { Log } from '../../core/log.ts';
import type { Changes } from '../../gate/changes.ts';
import { checkMessage, type RpcMessage } from '../mcp/message-guard.ts';
import { withoutMessage } from '../mcp/failures.ts';
import { busOf } from '../mcp/subscriptions.ts';
import { readBody } from './body.ts';
import { answeredTo, faultResponse } from './mcp-answers.ts';
import { createMcpSessions } from './mcp-sessions.ts';
import { createSsePair } from './sse-pair.ts';

/** The HTTP faces of one definition: 2026-07-28 without sessions, earlier revisions with them. */
export interface McpRoutes extends AsyncDisposable {
  /** /mcp: Streamable HTTP, both eras. Throws `too_large`. */
  streamable(request: Request): Promise<Response>;
  /** /sse and /messages: the pair of 2024-11-05. Throws `unavailable` and `too_large`. */
  openSse(outgoing: ServerResponse): Promise<void>;
  postSse(session: string, request: Request): Promise<Response | undefined>;
  /** Ends every session, stream and call under way: the token they were opened with is no longer good. */
  closeSessions(): Promise<void>;
}

export interface McpRouteOptions {
  factory: McpServerFactory;
  log: Log;
  /** What is told over `subscriptions/listen`. */
  changes?: Changes;
  /** Lets a stream that the client lost be taken up again; only the fixtures need it. */
  polling?: { retryInterval: number };
}

export function createMcpRoutes({ factory, log, changes, polling }: McpRouteOptions): McpRoutes {
  const newHandler = (): ReturnType<typeof createMcpHandler> =>
    createMcpHandler(factory, {
      legacy: 'reject',
      ...(changes && { bus: busOf(changes) }),
      onerror: (error) => log.debug('mcp_http_error', { error: withoutMessage(error) }),
    });
  const sessions = createMcpSessions({ factory, polling });
  const pair = createSsePair(factory);
  let modern = newHandler();

  async function serve(request: Request, message: RpcMessage): Promise<Response> {
    const isLegacy = await isLegacyRequest(request, message);
    const response = await (isLegacy ? sessions.handle(request, message) : modern.fetch(request, { parsedBody: message }));
    return answeredTo(message.id, response);
  }

  async function closeSessions(): Promise<void> {
    const old = modern;
    // A handler that was closed serves nobody any more.
    modern = newHandler();
    await Promise.all([old.close(), sessions.closeAll(), pair.closeAll()]);
  }

  return {
    streamable: async (request) => {
      if (request.method !== 'POST') return sessions.handle(request, undefined);
      const { message, fault } = checkMessage(await readBody(request));
      return fault ? faultResponse(fault) : serve(request, message);
    },
    openSse: pair.open,
    postSse: pair.post,
    closeSessions,
    [Symbol.asyncDispose]: closeSessions,
  };
}
