import { onTestFinished } from 'vitest';
import { loadConfig } from '../../src/core/config.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { HttpLimits } from '../../src/server/http/limits.ts';
import { serveHttp } from '../../src/server/http/http-server.ts';
import { createMcpRoutes } from '../../src/server/http/mcp-routes.ts';
import { mcpFactory } from '../../src/server/mcp/mcp-surface.ts';
import { veilPaths } from '../../src/server/own-paths.ts';
import type { Tool } from '../../src/core/tool.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { root } from '../support/processes.ts';

export interface ServedHere {
  app: TestApp;
  url: string;
  port: number;
  token: string;
  ownerToken: string;
}

export interface ServeHereOptions {
  limits?: Partial<HttpLimits>;
  tools?: Tool[];
  clock?: Clock;
  host?: string;
  allowedHosts?: string[];
}

/** The HTTP surface on a free port in this process, over the real app; limits as given. */
export async function serveHere({ limits, tools, clock, host = '127.0.0.1', allowedHosts }: ServeHereOptions = {}): Promise<ServedHere> {
  const app = await startApp({ tools });
  const { paths } = loadConfig({ env: { CLAW_HOME: app.home }, cwd: app.files, root: app.files });
  const mcp = createMcpRoutes({ factory: mcpFactory({ app, root, paths }, {}), log: silentLog });
  const veil = veilPaths({ home: app.home, root });
  app.token.onChange(() => void mcp.closeSessions());
  const parts = {
    api: app,
    mcp,
    host,
    allowedHosts,
    port: 0,
    tokens: { client: app.token.current, owner: app.ownerToken.current },
    log: silentLog,
    veil,
  };
  const server = await serveHttp({ ...parts, limits, clock });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { app, url: server.url, port: Number(new URL(server.url).port), token: app.token.current(), ownerToken: app.ownerToken.current() };
}
