import path from 'node:path';
import type { App } from './app.ts';
import { loadConfig, type Config } from './core/config.ts';
import { createTerminal, type Terminal } from './server/cli/terminal.ts';
import type { Session } from './server/session.ts';

// stdout carries results and JSON-RPC; whatever a library prints goes to stderr.
console.log = console.info = console.debug = console.error;

const root = path.dirname(import.meta.dirname);
const flags = new Set(['--json', '--no-daemon']);

/** Reads the settings and starts the surface that was asked for. */
async function main(argv: string[]): Promise<number> {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const own = argv.slice(0, end).filter((word) => flags.has(word));
  const args = argv.filter((word, index) => index >= end || !flags.has(word));
  const terminal = createTerminal({ json: own.includes('--json'), env: process.env });
  try {
    if (args[0] === '--version' || args[0] === 'version') {
      terminal.out((await import('./core/version.ts')).version());
      return 0;
    }
    return await start(args, { terminal, noDaemon: own.includes('--no-daemon') });
  } catch (error) {
    const { reportError } = await import('./server/cli/main-command.ts');
    return reportError(error, terminal);
  }
}

async function start(args: string[], { terminal, noDaemon }: { terminal: Terminal; noDaemon: boolean }): Promise<number> {
  const [command, ...rest] = args;
  const config = loadConfig({ env: process.env, cwd: process.cwd(), root });
  if (command === 'serve')
    return (await import('./server/serve.ts')).serve({ args: rest, config, terminal, root, openApp: () => openApp(config, true) });
  if (command === 'mcp')
    return (await import('./server/mcp-command.ts')).mcpCommand({
      args: rest,
      config,
      noDaemon,
      root,
      openApp: () => openApp(config, true),
    });
  if (command === 'config') return (await import('./server/cli/config-command.ts')).showConfig(config, terminal);
  if (command === 'doctor')
    return (await import('./server/cli/doctor.ts')).runDoctor({ config, terminal, env: process.env, inspect: () => inspect(config) });
  const { runCommand } = await import('./server/cli/main-command.ts');
  return runCommand({ args, config, terminal, open: () => openSession(config, noDaemon) });
}

/** The daemon of this data folder if one is alive, else the app in this process. */
async function openSession(config: Config, noDaemon: boolean): Promise<Session> {
  if (!noDaemon) {
    const { reachDaemon, remoteSession } = await import('./server/socket/client.ts');
    const socket = await reachDaemon(config.paths.socket);
    if (socket) return remoteSession(socket);
  }
  const { localSession } = await import('./server/local-session.ts');
  return localSession(await openApp(config, false));
}

async function openApp(config: Config, recover: boolean): Promise<App> {
  const { createApp } = await import('./app.ts');
  return createApp({ config, recover, env: process.env, cwd: process.cwd() });
}

async function inspect(config: Config): Promise<{ auditRows: number; ok: boolean }> {
  await using session = await openSession(config, false);
  const { ok, rows } = (await session.call('audit_verify', {})).output as { ok: boolean; rows: number };
  return { auditRows: rows, ok };
}

process.exitCode = await main(process.argv.slice(2));
