import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from './folder.ts';
import { startApp, type TestApp, type TestAppOptions } from './app.ts';

const servers = path.join(import.meta.dirname, 'mcp-servers');

/** How a server of ours is started, as it would stand in mcp.json. */
export const program = (name: string, ...args: string[]): Entry => ({
  command: process.execPath,
  args: [path.join(servers, `${name}.ts`), ...args],
});

export type Entry = Record<string, unknown>;

export interface SourceApp extends TestApp {
  /** Where the servers keep what they have. */
  folder: string;
  /** Writes mcp.json. */
  write(servers: Record<string, Entry>): void;
  /** What the notes server has done. */
  events(): string[];
  /** The processes that servers of this app are, by their command lines. */
  running(): string[];
  /** Approves what a server offers now, as the owner. */
  approve(name: string): Promise<void>;
}

export async function startSources(entries: (folder: string) => Record<string, Entry>, options: TestAppOptions = {}): Promise<SourceApp> {
  const folder = temporaryFolder();
  const home = options.home ?? path.join(folder, 'home');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const write = (mcpServers: Record<string, Entry>): void =>
    writeFileSync(path.join(home, 'mcp.json'), JSON.stringify({ mcpServers }, null, 2), { mode: 0o600 });
  write(entries(folder));
  const app = await startApp({ home, programs: { PATH: process.env.PATH ?? '', HOME: folder }, ...options });
  return {
    ...app,
    folder,
    write,
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
    events: () => (existsSync(path.join(folder, 'events')) ? readFileSync(path.join(folder, 'events'), 'utf8').trim().split('\n') : []),
    running: () => commandLines().filter((line) => line.includes(folder)),
    approve: async (name) => {
      const { hash, problem } = await app.output<{ hash: string; problem?: string }>('source_test', { name });
      if (problem !== undefined) throw new Error(problem);
      await app.call('source_approve', { name, hash });
    },
  };
}

function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ');
      } catch {
        return [];
      }
    });
}
