import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface Repository {
  folder: string;
  /** Writes a file; folders above it come into being. */
  write(file: string, text: string): void;
  git(...args: string[]): string;
  commit(message: string): void;
}

/** A git repository in a folder, with a name and an address of its own. */
export function makeRepository(folder: string): Repository {
  mkdirSync(folder, { recursive: true });
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  git('init', '--quiet', '--initial-branch=main');
  return {
    folder,
    git,
    write: (file, text) => {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), text);
    },
    commit: (message) => {
      git('add', '--all');
      git('commit', '--quiet', '--no-verify', '-m', message);
    },
  };
}
