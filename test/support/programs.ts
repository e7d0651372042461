import { existsSync } from 'node:fs';
import path from 'node:path';

/** Whether a program of the system is installed; tests that need one skip without it, and say so. */
export function hasProgram(name: string): boolean {
  const isThere = (process.env.PATH ?? '').split(path.delimiter).some((folder) => existsSync(path.join(folder, name)));
  if (!isThere) console.error(`skipped: ${name} is not installed (scripts/install-system-packages.sh)`);
  return isThere;
}
