import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { systemClock, type Clock } from '../../core/clock.ts';
import { systemCode, ToolError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { boundRequests } from './busy.ts';
import { isLoopback } from './addressed.ts';
import type { Tokens } from './bearer.ts';
import { guard, type HttpEnv } from './guard.ts';
import type { Veil } from '../own-paths.ts';
import { createWrongTokens, serverOptions, usualLimits, type HttpLimits } from './limits.ts';
import type { McpRoutes } from './mcp-routes.ts';
import { answerUnparsed, refusal, refusalOf } from './refusals.ts';
import { addTools, type ToolRoutes } from './tool-routes.ts';

export interface HttpParts {
  /** Undefined where there is nothing but MCP. */
  api: ToolRoutes | undefined;
  mcp: McpRoutes;
  host: string;
  /** Other names under which it may be addressed. */
  allowedHosts?: string[];
  /** 0 takes a free one. */
  port: number;
  /** What they are now. Undefined serves everyone: only fixtures on loopback. */
  tokens: Tokens | undefined;
  log: Log;
  veil: Veil;
  limits?: Partial<HttpLimits>;
  clock?: Clock;
}

export interface HttpServer extends AsyncDisposable {
  url: string;
}

/** Builds the routes and listens. Throws where it would be open to a network without a token, or cannot have the port. */
export async function serveHttp(parts: HttpParts): Promise<HttpServer> {
  const { host, port, tokens } = parts;
  if (!isLoopback(host) && tokens === undefined) {
    throw new ToolError('bad_config', `Without a token claw listens on this machine only, not on ${host}.`, {
      hint: 'Leave CLAW_HOST at 127.0.0.1.',
    });
  }
  const limits = { ...usualLimits, ...parts.limits };
  const server = createAdaptorServer({ fetch: routes(parts, limits).fetch, serverOptions: serverOptions(limits) }) as Server;
  server.maxConnections = limits.connections;
  server.on('clientError', (error, socket) => answerUnparsed(error, socket as Socket));
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

function routes(
  { api, mcp, host, allowedHosts = [], tokens, log, veil, clock = systemClock }: HttpParts,
  limits: HttpLimits,
): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  const wrongTokens = createWrongTokens({ clock, most: limits.wrongTokens });
  app.use(guard({ hosts: [host, ...allowedHosts], tokens, wrongTokens, open: ['/healthz'], forClients: ['/mcp', '/sse', '/messages'] }));
  app.get('/healthz', (c) => c.json({ ok: true }));
  app.use(boundRequests(limits));
  app.on(['GET', 'POST', 'DELETE'], '/mcp', (c) =>
    c.req.raw.method === 'HEAD' ? wrongMethod('GET, POST, DELETE') : mcp.streamable(c.req.raw),
  );
  app.get('/sse', async (c) => {
    if (c.req.raw.method === 'HEAD') return wrongMethod('GET');
    await mcp.openSse(c.env.outgoing);
    return RESPONSE_ALREADY_SENT;
  });
  app.post('/messages', async (c) => {
    const answer = await mcp.postSse(c.req.query('sessionId') ?? '', c.req.raw);
    return answer ?? refusal(404, { code: 'not_found', message: 'No such session.', hint: 'Open /sse first.' });
  });
  if (api) addTools(app, { ...api, veil });
  for (const [path, methods] of Object.entries(served)) app.all(path, () => wrongMethod(methods));
  app.notFound(() =>
    refusal(404, {
      code: 'not_found',
      message: 'Nothing is served here.',
      hint: 'Paths: /mcp, /sse, /messages, /api/tools/<name>, /metrics, /healthz.',
    }),
  );
  app.onError((error, c) => {
    if (error instanceof ToolError) return refusalOf(veil.error(error));
    log.error('http_failed', { error, path: c.req.path });
    return refusal(500, { code: 'internal', message: 'claw failed unexpectedly.', hint: 'Its log has the reason.' });
  });
  return app;
}

const served = {
  '/metrics': 'GET',
  '/healthz': 'GET',
  '/mcp': 'GET, POST, DELETE',
  '/sse': 'GET',
  '/messages': 'POST',
  '/api/tools/:name': 'POST',
};

const wrongMethod = (methods: string): Response =>
  refusal(405, { code: 'invalid_input', message: 'That method is not served here.', hint: `Use ${methods}.` }, { Allow: methods });
