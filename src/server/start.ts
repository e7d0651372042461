import { existsSync } from 'node:fs';
import type { App, AppOptions, VaultSettingsOptions } from '../app.ts';
import { loadConfig, type Config } from '../core/config.ts';
import { ToolError } from '../core/errors.ts';
import type { ToolFacts } from '../core/tool-facts.ts';
import { createTerminal, type Terminal } from './cli/terminal.ts';
import type { Session } from './session.ts';

const flags = new Set(['--json', '--no-daemon']);

type Env = Record<string, string | undefined>;

export interface StartParts {
  argv: string[];
  env: Env;
  /** Where claw is installed. */
  root: string;
  /** The tools as data, for what needs no app. */
  tools: () => Promise<ToolFacts[]>;
  /** Builds the app; only what needs it asks. */
  createApp: (options: AppOptions) => Promise<App>;
  /** The settings that stand in the vault; only asked where there is a vault. */
  vaultSettings: (options: VaultSettingsOptions) => Promise<Record<string, string>>;
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
    const help = args.length > 1 ? (await import('./cli/command-help.ts')).commandHelp(args) : undefined;
    if (help !== undefined) {
      terminal.out(help);
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

async function run(args: string[], surroundings: Surroundings): Promise<number> {
  const { terminal, noDaemon, env, root, tools, createApp } = surroundings;
  const [command, ...rest] = args;
  // Without the vault first: a daemon that is alive has read it already.
  const config = loadConfig({ env, cwd: process.cwd(), root });
  const askPassphrase = terminal.isInteractive && command !== 'mcp' ? passphraseFrom(config) : undefined;
  const full = (): Promise<Config> => withVault(config, { ...surroundings, command, askPassphrase });
  const openApp = async (recover: boolean): Promise<App> => createApp({ config: await full(), recover, env, askPassphrase });
  // The stop switch is a row in claw.db: it works although the daemon is stuck.
  const open = (): Promise<Session> => sessionFor(config, noDaemon || command === 'stop', () => openApp(false));
  const openSession = async (): Promise<Session> => {
    if (existsSync(config.paths.home)) return open();
    return (await import('./unopened-session.ts')).unopenedSession({ tools, open });
  };
  const lasting = { args: rest, terminal, noDaemon, root, openApp: () => openApp(true) };
  if (command === 'serve') return (await import('./serve.ts')).serve({ ...lasting, config: await full() });
  if (command === 'mcp') return (await import('./mcp-command.ts')).mcpCommand({ ...lasting, config });
  if (command === 'config') return (await import('./cli/config-command.ts')).showConfig(await full(), terminal);
  if (command === 'doctor') return (await import('./cli/doctor.ts')).runDoctor({ config: await full(), terminal, env, open: openSession });
  if (command === 'vault' && rest[0] === 'reveal')
    return (await import('./cli/reveal-command.ts')).revealSecret(rest.slice(1), { terminal, openApp: () => openApp(false) });
  return (await import('./cli/main-command.ts')).runCommand({ args, terminal, tools, open: openSession });
}

interface VaultDesk extends Surroundings {
  command: string | undefined;
  askPassphrase: (() => Promise<string>) | undefined;
}

/**
 * The settings with those of the vault. A server does not start without settings that it is known to have: it might do
 * more than it should. The owner's own commands go on, and say so: they are the way to mend the vault.
 */
async function withVault(config: Config, { command, askPassphrase, terminal, env, root, vaultSettings }: VaultDesk): Promise<Config> {
  // Stopping waits for no passphrase.
  if (command === 'stop' || !existsSync(config.paths.vault)) return config;
  try {
    return loadConfig({ env, cwd: process.cwd(), root, vault: await vaultSettings({ config, askPassphrase }) });
  } catch (error) {
    if (!(error instanceof ToolError) || command === 'serve' || command === 'mcp') throw error;
    terminal.note(`The settings in the vault are not used: ${error.message}`);
    return config;
  }
}

/** Asked once, whoever needs it. */
function passphraseFrom({ paths }: Config): () => Promise<string> {
  let asked: Promise<string> | undefined;
  return () => (asked ??= import('./cli/hidden-input.ts').then(({ askHidden }) => askHidden(`Passphrase of ${paths.identity}: `)));
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
