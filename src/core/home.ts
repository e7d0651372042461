import { chmodSync, closeSync, existsSync, lstatSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Config } from './config.ts';
import { systemCode, ToolError } from './errors.ts';

/** Creates the data folder (0700), or refuses one that other users can enter, with the command that fixes it. */
export function prepareHome({ paths }: Config): void {
  try {
    makeFolder(paths.home);
  } catch (error) {
    throw new ToolError('bad_config', `The data folder ${paths.home} cannot be created (${systemCode(error)}).`, {
      hint: 'Set CLAW_HOME to a folder that you may write to.',
      cause: error,
    });
  }
  if (isEmptyAndOurs(paths.home)) chmodSync(paths.home, 0o700);
  refuseOpen(paths.home, 0o700);
  makeClosed(paths.database);
  const kept = readdirSync(paths.home).filter((name) => name.startsWith(`${path.basename(paths.vault)}.`));
  const files = [paths.database, paths.memory, paths.vault, paths.identity, paths.auditLog, paths.auditKey, paths.token, paths.ownerToken];
  for (const file of [...files, ...kept.map((name) => path.join(paths.home, name))]) refuseOpen(file, 0o600);
}

/** With the folders above it. The recursive form of mkdir never returns in /proc, where a folder that exists takes none. */
function makeFolder(folder: string): void {
  const parent = path.dirname(folder);
  if (!existsSync(parent)) makeFolder(parent);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST' || !statSync(folder).isDirectory()) throw error;
  }
}

/** Nothing in it can have been read or planted, so it is closed without a word. */
export const isEmptyAndOurs = (folder: string): boolean => statSync(folder).uid === process.getuid?.() && readdirSync(folder).length === 0;

/** Throws `bad_config` where group or others have any right on `file`; an absent file is fine. */
export function refuseOpen(file: string, mode: 0o600 | 0o700): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found || (found.mode & 0o077) === 0) return;
  // To close what a link leads to would take it from others.
  const fix = mode === 0o600 && lstatSync(file).isSymbolicLink() ? `rm ${file}` : `chmod ${mode.toString(8)} ${file}`;
  throw new ToolError('bad_config', `${file} is open to other users (mode ${(found.mode & 0o777).toString(8)}).`, {
    hint: fix.startsWith('rm') ? `It is a link to something that is not claw's: ${fix}` : `Close it with: ${fix}`,
  });
}

// SQLite would make it with the process's umask, and another process that starts just then would refuse it.
function makeClosed(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600));
  } catch {
    // Whoever opens the database says better what is wrong.
  }
}

/** For files that libraries create with the process's umask, as SQLite does. */
export function closeToOthers(file: string): void {
  chmodSync(file, 0o600);
}
