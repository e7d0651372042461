import type { App } from '../app.ts';
import type { Config } from '../core/config.ts';
import { ToolError } from '../core/errors.ts';
import { catchSignals, exitCodeOfSignal, type Signals } from './signals.ts';

export interface McpCommandParts {
  args: string[];
  config: Config;
  noDaemon: boolean;
  root: string;
  openApp: () => Promise<App>;
}

/** `claw mcp`: a pipe to the daemon where one is alive, which loads next to nothing; else the server itself. */
export async function mcpCommand({ args, config, noDaemon, root, openApp }: McpCommandParts): Promise<number> {
  const options = { ...parseOptions(args), folder: process.cwd() };
  // Until the app is closed, which ends what its calls have started.
  using signals = catchSignals();
  if (!noDaemon) {
    const { reachDaemon } = await import('./socket/client.ts');
    const socket = await reachDaemon(config.paths.socket);
    if (socket) {
      const { bridgeMcp } = await import('./mcp/bridge.ts');
      socket.write(`${JSON.stringify({ mode: 'mcp', ...options })}\n`);
      await bridgeMcp({ socket, input: process.stdin, output: process.stdout, signal: signals.first }).finally(letGo);
      return exitCodeOf(signals);
    }
  }
  const [app, { mcpFactory }, { serveMcpStdio }] = await Promise.all([openApp(), import('./mcp/mcp-surface.ts'), import('./mcp/stdio.ts')]);
  await using _app = app;
  for (const { current } of [app.token, app.ownerToken]) app.redactor.add(current());
  const factory = mcpFactory({ app, root, paths: config.paths }, options);
  await serveMcpStdio({
    factory,
    input: process.stdin,
    output: process.stdout,
    log: app.log,
    changes: app.changes,
    signal: signals.first,
  }).finally(letGo);
  return exitCodeOf(signals);
}

/** A client that keeps its end of stdin open must not keep this process. */
const letGo = (): void => void process.stdin.destroy();

function exitCodeOf(signals: Signals): number {
  const signal = signals.received();
  return signal === undefined ? 0 : exitCodeOfSignal(signal);
}

function parseOptions(args: string[]): { toolsets: string[]; readOnly: boolean } {
  const queue = [...args];
  let toolsets: string[] = [];
  let readOnly = false;
  for (let arg = queue.shift(); arg !== undefined; arg = queue.shift()) {
    if (arg === '--read-only') readOnly = true;
    else if (arg === '--toolsets') toolsets = (queue.shift() ?? '').split(',').filter(Boolean);
    else if (arg.startsWith('--toolsets=')) toolsets = arg.slice('--toolsets='.length).split(',').filter(Boolean);
    else
      throw new ToolError('invalid_input', `claw mcp has no ${arg.slice(0, 40)}.`, {
        hint: 'It takes --toolsets a,b (nouns, core or all) and --read-only.',
      });
  }
  return { toolsets, readOnly };
}
