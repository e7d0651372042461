import type { ServerResponse } from 'node:http';
import type { McpServerFactory } from '@modelcontextprotocol/server';
import type { SSEServerTransport } from '@modelcontextprotocol/server-legacy/sse';
import { ToolError } from '../../core/errors.ts';
import { checkMessage } from '../mcp/message-guard.ts';
import { readBody } from './body.ts';
import { faultResponse } from './mcp-answers.ts';

/** /sse and /messages, the transport of revision 2024-11-05: answers come over a stream that the client holds open. */
export interface SsePair {
  /** Throws `unavailable` where too many streams are open. */
  open(outgoing: ServerResponse): Promise<void>;
  /** Undefined where there is no such session. */
  post(session: string, request: Request): Promise<Response | undefined>;
  closeAll(): Promise<void>;
}

const mostStreams = 100;

export function createSsePair(factory: McpServerFactory): SsePair {
  const streams = new Map<string, SSEServerTransport>();
  return {
    open: async (outgoing) => {
      if (streams.size >= mostStreams)
        throw new ToolError('unavailable', `${mostStreams} streams are open already.`, { hint: 'Close one, or use /mcp.' });
      // Few clients still speak this.
      const legacySse = await import('@modelcontextprotocol/server-legacy/sse');
      const transport = new legacySse.SSEServerTransport('/messages', outgoing);
      streams.set(transport.sessionId, transport);
      outgoing.on('close', () => streams.delete(transport.sessionId));
      const server = await factory({ era: 'legacy' });
      await server.connect(transport);
    },
    post: async (session, request) => {
      const transport = streams.get(session);
      if (!transport) return undefined;
      const { message, fault } = checkMessage(await readBody(request));
      if (fault) return faultResponse(fault);
      await transport.handleMessage(message);
      return new Response('Accepted', { status: 202 });
    },
    closeAll: async () => {
      const open = [...streams.values()];
      streams.clear();
      await Promise.all(open.map((transport) => transport.close()));
    },
  };
}
