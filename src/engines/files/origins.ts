import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Db } from '../../core/database.ts';
import { sha256 } from '../../core/json.ts';
import type { Redactor } from '../../core/redact.ts';
import type { TrustedSources } from '../../core/trusted-sources.ts';

/**
 * Which files hold text from outside: those that were written after untrusted text had been read. Known by path, and by
 * content wherever that turns up again. Paths are absolute, with links followed.
 */
export interface Origins {
  isTainted(file: { path: string; sha256?: string }): boolean;
  /** Whether this content was written with untrusted text in mind, at whatever path. */
  isTaintedContent(digest: string): boolean;
  /** Before a write, so that a crash in between forgets nothing. */
  suspect(file: string): void;
  /** What the file is from now on. */
  written(file: { path: string; sha256: string }, isTainted: boolean): void;
  /** A file, or a folder with all that is below. */
  moved(from: string, to: string): void;
  deleted(file: string): void;
  /** Whether a command line names a tainted file: by path, by name, by a pattern, or by a folder that it walks through. */
  isNamedIn(line: string, cwd: string): boolean;
  /** Files named in a command line that it has changed since `since` (ms since 1970) are tainted from now on. */
  changedBy(line: string, options: { cwd: string; since: number }): Promise<void>;
  /** Whether the owner has declared the source trusted: an address, or a file. */
  trusts(source: { url: string } | { path: string }): boolean;
}

const emptyContent = sha256('');
const mostWords = 200;
const mostBytes = 10 * 1_048_576;

export interface OriginParts {
  db: Db;
  trusted: TrustedSources;
  /** A path may hold a secret, and claw.db must not. */
  redactor: Pick<Redactor, 'text'>;
}

export function createOrigins({ db, trusted, redactor }: OriginParts): Origins {
  const kept = redactor.text;
  const hasPath = (file: string): boolean => db.prepare('SELECT 1 FROM tainted_paths WHERE path = ?').get(kept(file)) !== undefined;
  const isTaintedContent = (digest: string): boolean =>
    db.prepare('SELECT 1 FROM tainted_contents WHERE sha256 = ?').get(digest) !== undefined;
  const suspect = (file: string): void => void db.prepare('INSERT OR IGNORE INTO tainted_paths VALUES (?)').run(kept(file));
  const forget = (file: string): void => void db.prepare('DELETE FROM tainted_paths WHERE path = ?').run(kept(file));
  const written: Origins['written'] = ({ path: file, sha256: digest }, isTainted) => {
    if (!isTainted) return forget(file);
    suspect(file);
    if (digest !== emptyContent) db.prepare('INSERT OR IGNORE INTO tainted_contents VALUES (?)').run(digest);
  };
  return {
    isTaintedContent,
    suspect,
    written,
    isTainted: ({ path: file, sha256: digest }) =>
      !trusted.file(file) && (hasPath(file) || (digest !== undefined && isTaintedContent(digest))),
    moved: (from, to) => {
      const below = 'substr(path, 1, length(@below)) = @below';
      const values = { from: kept(from), to: kept(to), below: kept(from) + path.sep };
      db.prepare(`UPDATE OR REPLACE tainted_paths SET path = @to || substr(path, length(@from) + 1) WHERE path = @from OR ${below}`).run(
        values,
      );
    },
    deleted: forget,
    isNamedIn: (line, cwd) => {
      const rows = db.prepare('SELECT path FROM tainted_paths').all() as { path: string }[];
      if (rows.length === 0) return false;
      const words = wordsOf(kept(line));
      return rows.some((row) => !trusted.file(row.path) && words.some((word) => names(word, row.path, { cwd, walks: walks.test(line) })));
    },
    changedBy: async (line, { cwd, since }) => {
      const named = wordsOf(line).flatMap((word) => [path.resolve(cwd, word), path.join(cwd, path.basename(word))]);
      for (const file of new Set(named)) {
        const found = await stat(file).catch(() => undefined);
        if (!found?.isFile() || found.mtimeMs < since || found.size > mostBytes) continue;
        written({ path: file, sha256: sha256(await readFile(file)) }, true);
      }
    },
    trusts: (source) => ('url' in source ? trusted.host(source.url) : trusted.file(source.path)),
  };
}

/** `grep -r`, `cp -R`, `tar`: what is below a folder is read as well. */
const walks = /\s-\w*[rR]|--recursive|\b(?:rg|tar|rsync)\b/;

function names(word: string, file: string, { cwd, walks: isWalk }: { cwd: string; walks: boolean }): boolean {
  const meant = path.resolve(cwd, word);
  const [name, pattern] = [path.basename(file), path.basename(word)];
  if (meant === file || name === pattern) return true;
  return (/[*?[]/.test(pattern) && path.matchesGlob(name, pattern)) || (isWalk && file.startsWith(meant + path.sep));
}

/** Whatever could be a path, quotes and redirections taken off. */
const wordsOf = (line: string): string[] => [...new Set(line.split(/[\s"'`;|&<>()=,]+/).filter(Boolean))].slice(0, mostWords);
