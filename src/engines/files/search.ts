import { lstat, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { ToolError } from '../../core/errors.ts';
import { heldFile } from '../../core/held-folder.ts';
import { namesBelow, type MayTouch } from './listing.ts';

export interface SearchQuery {
  /** Found as it is written, not as a pattern. */
  text: string;
  ignoreCase: boolean;
  /** Which files of a folder, as a glob such as `*.log`. */
  pattern: string;
  /** Most lines returned; all are counted. */
  limit: number;
  signal: AbortSignal;
}

interface SearchParts {
  /** Takes secrets out, before anything is looked for: else the answer, or where a line is cut, would tell of them. */
  clean: (text: string) => string;
  mayTouch: MayTouch;
}

export interface SearchResult {
  /** Lines that contain the text, cut to 300 characters around it. `line` counts from 1. */
  items: { path: string; line: number; text: string }[];
  /** All matching lines. */
  matches: number;
  /** Files with a match. */
  files: number;
  searched: number;
  /** Files that were passed over: too large, not text, or not readable. */
  passedOver: number;
}

const mostFiles = 50_000;
const mostBytes = 50 * 1_048_576;
const shownCharacters = 300;

/** Looks through one file, or the files below a folder, line by line. Links are not followed: they may lead out. */
export async function searchFiles(real: string, query: SearchQuery, { clean, mayTouch }: SearchParts): Promise<SearchResult> {
  const result: SearchResult = { items: [], matches: 0, files: 0, searched: 0, passedOver: 0 };
  for await (const file of filesOf(real, query.pattern, mayTouch)) {
    query.signal.throwIfAborted();
    if (result.searched + result.passedOver >= mostFiles)
      throw new ToolError('too_large', `There are more than ${mostFiles} files.`, { hint: 'Name a smaller folder, or a pattern.' });
    const text = await textOf(file).catch(() => undefined);
    if (text === undefined) result.passedOver += 1;
    else collect(result, { text: clean(text), file, query });
  }
  return result;
}

async function* filesOf(real: string, pattern: string, mayTouch: MayTouch): AsyncGenerator<string> {
  if ((await lstat(real)).isFile()) return yield real;
  for await (const name of namesBelow(real, pattern, mayTouch)) {
    const file = path.join(real, name);
    if ((await lstat(file)).isFile()) yield file;
  }
}

/** Undefined where it is no text that can be looked through. */
const textOf = (file: string): Promise<string | undefined> =>
  heldFile(file, async (held) => {
    if ((await stat(held)).size > mostBytes) return undefined;
    const content = await readFile(held);
    return content.subarray(0, 8_192).includes(0) ? undefined : content.toString('utf8');
  });

function collect(result: SearchResult, { text, file, query }: { text: string; file: string; query: SearchQuery }): void {
  const plain = query.ignoreCase ? (line: string): string => line.toLowerCase() : (line: string): string => line;
  const wanted = plain(query.text);
  const before = result.matches;
  result.searched += 1;
  if (!plain(text).includes(wanted)) return;
  for (const [index, line] of text.split('\n').entries()) {
    const at = plain(line).indexOf(wanted);
    if (at === -1) continue;
    result.matches += 1;
    if (result.items.length < query.limit) result.items.push({ path: file, line: index + 1, text: around(line, at) });
  }
  if (result.matches > before) result.files += 1;
}

function around(line: string, at: number): string {
  const start = Math.max(0, Math.min(at - shownCharacters / 3, line.length - shownCharacters));
  const cut = line.slice(start, start + shownCharacters).trimEnd();
  return `${start > 0 ? '…' : ''}${cut}${start + shownCharacters < line.length ? '…' : ''}`;
}
