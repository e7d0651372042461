import { homedir } from 'node:os';
import type { App, AppOptions } from '../app.ts';
import { loadConfig, type Config } from '../core/config.ts';
import { createTerminal, type Terminal } from './cli/terminal.ts';
import type { Session } from './session.ts';

const flags = new Set(['--json', '--no-daemon']);

type Env = Record<string, string | undefined>;

export interface StartParts {
  argv: string[];
  env: Env;
  /** Where claw is installed. */
  root: string;
  /** Builds the app; only what needs it asks. */
  createApp: (options: AppOptions) => Promise<App>;
}

/** Starts the surface that was asked for, and gives the exit code. Each loads only what it needs. */
export async function start({ argv, ...parts }: StartParts): Promise<number> {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const own = argv.slice(0, end).filter((word) => flags.has(word));
  const args = argv.filter((word, index) => index >= end || !flags.has(word));
  const terminal = createTerminal({ json: own.includes('--json'), env: parts.env });
  try {
    if (args[0] === '--version' || args[0] === 'version') {
      terminal.out((await import('../core/version.ts')).version());
      return 0;
    }
    return await run(args, { terminal, noDaemon: own.includes('--no-daemon'), ...parts });
  } catch (error) {
    const { reportError } = await import('./cli/main-command.ts');
    return reportError(error, terminal);
  }
}

interface Surroundings extends Omit<StartParts, 'argv'> {
  terminal: Terminal;
  noDaemon: boolean;
}

async function run(args: string[], { terminal, noDaemon, env, root, createApp }: Surroundings): Promise<number> {
  const [command, ...rest] = args;
  const config = loadConfig({ env, cwd: process.cwd(), root });
  const openApp = (recover: boolean): Promise<App> => createApp({ config, recover, env, folder: env.HOME ?? homedir() });
  const openSession = (): Promise<Session> => sessionFor(config, noDaemon, () => openApp(false));
  const lasting = { args: rest, config, terminal, noDaemon, root, openApp: () => openApp(true) };
  if (command === 'serve') return (await import('./serve.ts')).serve(lasting);
  if (command === 'mcp') return (await import('./mcp-command.ts')).mcpCommand(lasting);
  if (command === 'config') return (await import('./cli/config-command.ts')).showConfig(config, terminal);
  if (command === 'doctor') return (await import('./cli/doctor.ts')).runDoctor({ config, terminal, env, open: openSession });
  return (await import('./cli/main-command.ts')).runCommand({ args, config, terminal, open: openSession });
}

/** The daemon of this data folder if one is alive, else the app in this process. */
async function sessionFor(config: Config, noDaemon: boolean, openApp: () => Promise<App>): Promise<Session> {
  if (!noDaemon) {
    const { reachDaemon, remoteSession } = await import('./socket/client.ts');
    const socket = await reachDaemon(config.paths.socket);
    if (socket) return remoteSession(socket, process.cwd());
  }
  const { localSession } = await import('./local-session.ts');
  return localSession(await openApp(), process.cwd());
}
