import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { systemCode, ToolError, type ErrorCode } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Caller } from '../../core/tool.ts';
import type { Gate } from '../../gate/gate-types.ts';
import { guard, isLoopback } from './guard.ts';
import type { McpRoutes } from './mcp-routes.ts';

export interface HttpParts {
  gate: Gate | undefined;
  mcp: McpRoutes;
  host: string;
  /** 0 takes a free one. */
  port: number;
  token: string | undefined;
  log: Log;
}

export interface HttpServer extends AsyncDisposable {
  url: string;
}

type Env = { Bindings: { incoming: IncomingMessage; outgoing: ServerResponse } };

const owner: Caller = { kind: 'owner' };
const statuses: Partial<Record<ErrorCode, 400 | 403 | 404 | 409 | 413 | 422 | 503 | 504>> = {
  invalid_input: 400,
  unknown_tool: 404,
  not_found: 404,
  conflict: 409,
  denied: 403,
  approval_required: 403,
  answer_required: 422,
  too_large: 413,
  unavailable: 503,
  timeout: 504,
};

/** Builds the routes and listens. Throws where it would be open to a network without a token, or cannot have the port. */
export async function serveHttp(parts: HttpParts): Promise<HttpServer> {
  const { host, port, token } = parts;
  if (!isLoopback(host) && token === undefined) {
    throw new ToolError('bad_config', `Without a token claw listens on this machine only, not on ${host}.`, {
      hint: 'Leave CLAW_HOST at 127.0.0.1.',
    });
  }
  const server = createAdaptorServer({ fetch: routes(parts).fetch }) as Server;
  await listen(server, host, port);
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host.replace(/^\[|\]$/g, '')}]` : host}:${taken}`,
    [Symbol.asyncDispose]: async () => {
      await parts.mcp[Symbol.asyncDispose]();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const isTaken = systemCode(error) === 'EADDRINUSE';
      const hint = isTaken ? `Choose another: claw serve --port ${port + 1}` : 'Check CLAW_HOST and CLAW_PORT.';
      reject(
        new ToolError('unavailable', isTaken ? `Port ${port} is taken.` : `Cannot listen on ${host}:${port} (${systemCode(error)}).`, {
          hint,
          cause: error,
        }),
      );
    });
    server.listen(port, host.replace(/^\[|\]$/g, ''), resolve);
  });
}

function routes({ gate, mcp, host, token, log }: HttpParts): Hono<Env> {
  const app = new Hono<Env>();
  app.use(guard({ hosts: host === '0.0.0.0' || host === '::' ? [] : [host], token, open: ['/healthz'] }));
  app.get('/healthz', (c) => c.json({ ok: true }));
  app.all('/mcp', (c) => mcp.streamable(c.req.raw));
  app.get('/sse', async (c) => {
    await mcp.openSse(c.env.outgoing);
    return RESPONSE_ALREADY_SENT;
  });
  app.post('/messages', async (c) => {
    const isKnown = await mcp.postSse(c.req.query('sessionId') ?? '', c.env.incoming, c.env.outgoing);
    return isKnown
      ? RESPONSE_ALREADY_SENT
      : c.json({ error: { code: 'not_found', message: 'No such session.', hint: 'Open /sse first.' } }, 404);
  });
  if (gate) addTools(app, gate);
  app.notFound((c) =>
    c.json({ error: { code: 'not_found', message: 'Nothing is served here.', hint: 'Paths: /mcp, /api/tools/<name>, /healthz.' } }, 404),
  );
  app.onError((error, c) => {
    log.error('http_failed', { error, path: c.req.path });
    return c.json({ error: { code: 'internal', message: 'claw failed unexpectedly.', hint: 'Its log has the reason.' } }, 500);
  });
  return app;
}

function addTools(app: Hono<Env>, gate: Gate): void {
  app.post('/api/tools/:name', bodyLimit({ maxSize: 4 * 1_048_576 }), async (c) => {
    try {
      const text = await c.req.text();
      const result = await gate.call(owner, c.req.param('name'), parse(text), { signal: c.req.raw.signal });
      return c.json(result.output as object);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      return c.json({ error: error.toJSON() }, statuses[error.code] ?? 500);
    }
  });
}

function parse(text: string): unknown {
  try {
    return text.trim() === '' ? {} : (JSON.parse(text) as unknown);
  } catch {
    throw new ToolError('invalid_input', 'The body is not JSON.', { hint: "Send the tool's input as a JSON object." });
  }
}
