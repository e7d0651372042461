import { randomUUID } from 'node:crypto';
import { WebStandardStreamableHTTPServerTransport, type McpServerFactory } from '@modelcontextprotocol/server';
import type { RpcMessage } from '../mcp/message-guard.ts';
import { createEventStore } from './event-store.ts';
import { rpcError } from './mcp-answers.ts';

/** Streamable HTTP of the revisions before 2026-07-28: a session by client, named in a header. */
export interface McpSessions {
  /** `message` is the body of a POST, checked; undefined for GET and DELETE. */
  handle(request: Request, message: RpcMessage | undefined): Promise<Response>;
  closeAll(): Promise<void>;
}

export interface McpSessionsParts {
  factory: McpServerFactory;
  /** Lets a stream that the client lost be taken up again. */
  polling?: { retryInterval: number };
}

/** Sessions that one process holds at most; the longest idle gives way. */
const mostSessions = 500;
/** The codes that the SDK's own transport uses. */
const noSession = -32_001;
const notInitialized = -32_000;

export function createMcpSessions({ factory, polling }: McpSessionsParts): McpSessions {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();

  async function open(): Promise<WebStandardStreamableHTTPServerTransport> {
    const transport: WebStandardStreamableHTTPServerTransport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
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
    handle: async (request, message) => {
      const id = request.headers.get('mcp-session-id');
      const session = id === null ? undefined : sessions.get(id);
      if (id !== null && !session) return rpcError(404, noSession, 'Session not found: begin again with initialize.', message?.id);
      if (id !== null && session) {
        sessions.delete(id);
        sessions.set(id, session);
      } else if (message?.method !== 'initialize') {
        return rpcError(400, notInitialized, 'Bad Request: no session; begin with initialize.', message?.id);
      }
      const transport = session ?? (await open());
      return transport.handleRequest(request, message && { parsedBody: message });
    },
    closeAll: async () => {
      const open = [...sessions.values()];
      sessions.clear();
      await Promise.all(open.map((transport) => transport.close()));
    },
  };
}
