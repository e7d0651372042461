import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  createMcpHandler,
  isLegacyRequest,
  WebStandardStreamableHTTPServerTransport,
  type McpServerFactory,
} from '@modelcontextprotocol/server';
import type { SSEServerTransport } from '@modelcontextprotocol/server-legacy/sse';
import type { Log } from '../../core/log.ts';

export interface McpRoutes extends AsyncDisposable {
  /** /mcp: Streamable HTTP, both eras. */
  streamable(request: Request): Promise<Response>;
  /** /sse and /messages: the pair of 2024-11-05. */
  openSse(outgoing: ServerResponse): Promise<void>;
  postSse(session: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<boolean>;
}

/** Sessions that one process holds at most; the longest idle gives way. */
const mostSessions = 500;
const maxRequestBodySize = 4 * 1_048_576;

export interface McpRouteOptions {
  factory: McpServerFactory;
  log: Log;
  /** Lets a stream that the client lost be taken up again; only the fixtures need it. */
  polling?: { retryInterval: number };
}

/** The HTTP faces of one definition: 2026-07-28 without sessions, earlier revisions with them. */
export function createMcpRoutes({ factory, log, polling }: McpRouteOptions): McpRoutes {
  const modern = createMcpHandler(factory, {
    legacy: 'reject',
    maxRequestBodySize,
    onerror: (error) => log.debug('mcp_http_error', { error }),
  });
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const streams = new Map<string, SSEServerTransport>();

  async function legacy(request: Request): Promise<Response> {
    const id = request.headers.get('mcp-session-id');
    if (id !== null) {
      const session = sessions.get(id);
      if (!session) return rpcError(404, -32_001, 'Session not found');
      sessions.delete(id);
      sessions.set(id, session);
      return session.handleRequest(request);
    }
    return (await newSession()).handleRequest(request);
  }

  async function newSession(): Promise<WebStandardStreamableHTTPServerTransport> {
    const transport: WebStandardStreamableHTTPServerTransport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      maxRequestBodySize,
      onsessioninitialized: (id) => remember(id, transport),
      onsessionclosed: (id) => void sessions.delete(id),
      ...(polling && { ...polling, eventStore: createEventStore() }),
    });
    const server = await factory({ era: 'legacy' });
    await server.connect(transport);
    return transport;
  }

  function remember(id: string, transport: WebStandardStreamableHTTPServerTransport): void {
    sessions.set(id, transport);
    const [oldest] = sessions.keys();
    if (sessions.size <= mostSessions || oldest === undefined) return;
    void sessions.get(oldest)!.close();
    sessions.delete(oldest);
  }

  return {
    streamable: async (request) =>
      (await isLegacyRequest(request, undefined, { maxRequestBodySize })) ? legacy(request) : modern.fetch(request),
    openSse: async (outgoing) => {
      // Few clients still speak this.
      const legacySse = await import('@modelcontextprotocol/server-legacy/sse');
      const transport = new legacySse.SSEServerTransport('/messages', outgoing);
      streams.set(transport.sessionId, transport);
      outgoing.on('close', () => streams.delete(transport.sessionId));
      const server = await factory({ era: 'legacy' });
      await server.connect(transport);
    },
    postSse: async (session, incoming, outgoing) => {
      const transport = streams.get(session);
      if (transport) await transport.handlePostMessage(incoming, outgoing);
      return transport !== undefined;
    },
    [Symbol.asyncDispose]: async () => {
      await modern.close();
      await Promise.all([...sessions.values(), ...streams.values()].map((transport) => transport.close()));
    },
  };
}

const rpcError = (status: number, code: number, message: string): Response =>
  Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status });

interface StoredEvent {
  stream: string;
  message: Parameters<NonNullable<WebStandardStreamableHTTPServerTransport['onmessage']>>[0];
}

const mostEvents = 1_000;

function createEventStore(): NonNullable<ConstructorParameters<typeof WebStandardStreamableHTTPServerTransport>[0]>['eventStore'] {
  const events = new Map<string, StoredEvent>();
  let last = 0;
  return {
    storeEvent: async (stream, message) => {
      const id = String((last += 1)).padStart(12, '0');
      events.set(id, { stream, message });
      events.delete(String(last - mostEvents).padStart(12, '0'));
      return id;
    },
    getStreamIdForEventId: async (id) => events.get(id)?.stream,
    replayEventsAfter: async (after, { send }) => {
      const stream = events.get(after)?.stream ?? '';
      for (const [id, event] of events) if (id > after && event.stream === stream) await send(id, event.message);
      return stream;
    },
  };
}
