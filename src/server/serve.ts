import type { Socket } from 'node:net';
import type { McpServerFactory } from '@modelcontextprotocol/server';
import type { App } from '../app.ts';
import type { Config } from '../core/config.ts';
import { ToolError } from '../core/errors.ts';
import type { Terminal } from './cli/terminal.ts';
import { serveHttp } from './http/http-server.ts';
import { createMcpRoutes, type McpRoutes } from './http/mcp-routes.ts';
import { localSession } from './local-session.ts';
import { mcpFactory } from './mcp/mcp-surface.ts';
import { serveMcpStdio } from './mcp/stdio.ts';
import { veilPaths } from './own-paths.ts';
import { catchSignals } from './signals.ts';
import { serveSocket } from './socket/server.ts';
import { dropStartupGarbage } from './startup-garbage.ts';

export interface ServeParts {
  args: string[];
  config: Config;
  terminal: Terminal;
  root: string;
  openApp: () => Promise<App>;
}

/** `claw serve`: HTTP, the private socket, timers and recovery, until a signal ends it. */
export async function serve({ args, config, terminal, root, openApp }: ServeParts): Promise<number> {
  const { host, port, conformance } = parseOptions(args, config);
  // Until the end of the closing: a second signal ends that too.
  using signals = catchSignals();
  await using stack = new AsyncDisposableStack();
  if (conformance) {
    const { serveConformance } = await import('./mcp/conformance/serve-conformance.ts');
    const http = stack.use(await serveConformance(port));
    terminal.out(JSON.stringify({ url: http.url, conformance: true }));
    await signals.came();
    return 0;
  }
  const app = stack.use(await openApp());
  const tokens = { client: app.token.current, owner: app.ownerToken.current };
  for (const token of Object.values(tokens)) app.redactor.add(token());
  const surface = { app, root, paths: config.paths };
  stack.use(
    await serveSocket({
      socketFile: config.paths.socket,
      session: (folder) => localSession(app, folder),
      serveMcp: (socket, options) => serveBridge(socket, () => mcpFactory(surface, options), app),
      log: app.log,
    }),
  );
  const mcp = createMcpRoutes({ factory: mcpFactory(surface, {}), log: app.log, changes: app.changes });
  const veil = veilPaths({ home: config.paths.home, root });
  const allowedHosts = config.values.CLAW_ALLOWED_HOSTS;
  const http = stack.use(await serveHttp({ api: app, mcp, host, allowedHosts, port, tokens, log: app.log, veil }));
  stack.use(followTokens(app, mcp));
  stack.use(dropStartupGarbage());
  terminal.out(
    terminal.json
      ? JSON.stringify({ url: http.url, home: config.paths.home })
      : `claw serves ${http.url} (data in ${config.paths.home}, token in ${config.paths.token}, the owner's in ${config.paths.ownerToken})`,
  );
  await signals.came();
  return 0;
}

const lookMs = 1_000;

/** Whoever replaced a token, sessions that were opened with the old one end, within a second at the latest. */
function followTokens({ token, ownerToken, redactor, learned, log }: App, mcp: McpRoutes): Disposable {
  ownerToken.onChange((fresh) => {
    redactor.add(fresh);
    log.info('owner_token_replaced');
  });
  token.onChange((fresh) => {
    redactor.add(fresh);
    log.info('token_replaced');
    void mcp.closeSessions();
  });
  let isUsable = true;
  const look = (): void => {
    void learned();
    try {
      token.current();
      ownerToken.current();
      isUsable = true;
    } catch (error) {
      if (isUsable) log.error('token_unusable', { error });
      isUsable = false;
    }
  };
  const timer = setInterval(look, lookMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Behind a bridge sits a client that speaks MCP; what it cannot be served with goes to the bridge, in one line of its own. */
function serveBridge(socket: Socket, makeFactory: () => McpServerFactory, { log, changes }: App): void {
  try {
    const served = serveMcpStdio({ factory: makeFactory(), input: socket, output: socket, log, changes });
    void served.finally(() => socket.destroy());
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    socket.end(`${JSON.stringify({ refused: error })}\n`);
  }
}

function parseOptions(args: string[], config: Config): { host: string; port: number; conformance: boolean } {
  const options = { host: config.values.CLAW_HOST, port: config.values.CLAW_PORT, conformance: false };
  const queue = args.flatMap((arg) =>
    arg.startsWith('--') && arg.includes('=') ? [arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)] : [arg],
  );
  for (let arg = queue.shift(); arg !== undefined; arg = queue.shift()) {
    if (arg === '--conformance') options.conformance = true;
    else if (arg === '--host') options.host = queue.shift() ?? '';
    else if (arg === '--port') options.port = portOf(queue.shift());
    else
      throw new ToolError('invalid_input', `claw serve has no ${arg.slice(0, 40)}.`, {
        hint: 'It takes --port, --host and --conformance.',
      });
  }
  return options;
}

function portOf(text: string | undefined): number {
  const port = Number(text);
  if (text === undefined || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new ToolError('invalid_input', '--port takes a number up to 65535.', { hint: 'As in claw serve --port 8201' });
  return port;
}
