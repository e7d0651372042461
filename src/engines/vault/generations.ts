import { copyFileSync, existsSync, linkSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { systemCode } from '../../core/errors.ts';

/** How many earlier files stay beside `vault.age`. */
export const keptGenerations = 10;

/** Earlier vault files, as `vault.age.<generation>` in the same folder. It moves files and knows nothing of what is in them. */
export interface Generations {
  fileOf(generation: number): string;
  /** Newest first; `writtenAt` in ms since 1970. */
  list(): { generation: number; writtenAt: number }[];
  /** Keeps the present file under its generation, before another takes its name. */
  keep(generation: number): void;
  /** Removes all but the newest, and what killed processes left half done. */
  prune(): void;
}

/** Older than any write that may still be under way. */
const abandonedMs = 600_000;

export function createGenerations(file: string): Generations {
  const folder = path.dirname(file);
  const base = path.basename(file);
  const numbered = new RegExp(`^${base.replaceAll('.', '\\.')}\\.(\\d{1,9})$`);
  const fileOf = (generation: number): string => `${file}.${generation}`;
  const list = (): { generation: number; writtenAt: number }[] =>
    readdirSync(folder)
      .flatMap((name) => {
        const digits = numbered.exec(name)?.[1];
        // Another process may have pruned it by now.
        const found = digits === undefined ? undefined : statSync(path.join(folder, name), { throwIfNoEntry: false });
        return found ? [{ generation: Number(digits), writtenAt: Math.round(found.mtimeMs) }] : [];
      })
      .toSorted((a, b) => b.generation - a.generation);
  return {
    fileOf,
    list,
    keep: (generation) => {
      // There already after a crash between this and the rename, and never worth replacing.
      if (!existsSync(fileOf(generation))) linkOrCopy(file, fileOf(generation));
    },
    prune: () => {
      for (const { generation } of list().slice(keptGenerations)) rmSync(fileOf(generation), { force: true });
      for (const name of readdirSync(folder)) {
        if (name.startsWith(`.${base}.`) && name.endsWith('.tmp')) removeAbandoned(path.join(folder, name));
      }
    },
  };
}

function removeAbandoned(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found && Date.now() - found.mtimeMs > abandonedMs) rmSync(file, { force: true });
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    // Some file systems have no hard links.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(systemCode(error))) throw error;
    copyFileSync(from, to);
  }
}
