import path from 'node:path';
import type { ChangeSet } from '../change-set.ts';
import { addedLines, type ChangedFile } from '../diff.ts';
import { familyOf, isDocument, isTest, type Check, type Spot } from './check.ts';
import { longFunctions } from './long-functions.ts';

export const upkeepChecks: Check[] = [
  {
    rule: 'todo-without-owner',
    category: 'upkeep',
    severity: 'low',
    hint: 'Name who does it or the issue, as in TODO(anna) or TODO #12, or do it now.',
    find: (file) =>
      familyOf(file.path) === undefined
        ? []
        : addedLines(file)
            .filter(({ text }) => isLooseEnd(text))
            .map(({ line }) => ({ line, message: 'Something is left to do, and nobody is named who does it.' })),
  },
  {
    rule: 'oversized',
    category: 'upkeep',
    severity: 'low',
    hint: 'Take a part of it out that has a name of its own.',
    find: oversized,
  },
  {
    rule: 'lock-drift',
    category: 'upkeep',
    severity: 'medium',
    hint: 'Run the package manager and commit the lock file with it.',
    find: lockDrift,
  },
  {
    rule: 'broken-link',
    category: 'upkeep',
    severity: 'low',
    hint: 'Correct the path, or take the link out.',
    find: brokenLinks,
  },
];

const isLooseEnd = (text: string): boolean =>
  /(?:\/\/|#|\/\*|\*|--|<!--)[^"'`]*\b(?:TODO|FIXME|XXX|HACK)\b/.test(text) &&
  !/\b(?:TODO|FIXME|XXX|HACK)\s*(?:\(\s*@?[\w.-]+\s*\)|\[[\w.-]+\]|@\w+)|#\d+|https?:\/\/|\b[A-Z]{2,10}-\d+/.test(text);

const mostLines = 600;
const mostFunctionLines = 80;
const widestLine = 240;

async function oversized(file: ChangedFile, set: ChangeSet): Promise<Spot[]> {
  const added = addedLines(file);
  if (file.isBinary) return [{ line: 1, message: 'A binary file cannot be reviewed, and stays in the history for good.' }];
  if (familyOf(file.path) === undefined || added.length === 0) return [];
  const wide = added.filter(({ text }) => text.length > widestLine).slice(0, 1);
  const spots: Spot[] = wide.map(({ line }) => ({ line, message: `A line has more than ${widestLine} characters.` }));
  const text = await set.contentOf(file.path);
  if (text === undefined) return spots;
  const lines = text.split('\n');
  if (lines.length > mostLines && !isTest(file.path))
    spots.push({ line: added[0]!.line, message: `The file has grown, and has ${lines.length} lines by now (more than ${mostLines}).` });
  const changed = new Set(added.map(({ line }) => line));
  for (const { start, end } of isTest(file.path) ? [] : longFunctions(lines, { family: familyOf(file.path)!, most: mostFunctionLines })) {
    const isTouched = [...changed].some((line) => line >= start && line <= end);
    if (isTouched) spots.push({ line: start, message: `A function has ${end - start + 1} lines (more than ${mostFunctionLines}).` });
  }
  return spots;
}

/** What declares dependencies, and what locks them. */
const locks: Record<string, string[]> = {
  'package.json': ['package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock'],
  'Cargo.toml': ['Cargo.lock'],
  'go.mod': ['go.sum'],
  'pyproject.toml': ['poetry.lock', 'uv.lock', 'pdm.lock'],
  Pipfile: ['Pipfile.lock'],
  Gemfile: ['Gemfile.lock'],
  'composer.json': ['composer.lock'],
};
const dependency =
  /^\s*(?:"[@\w./-]+"\s*:\s*"[~^]?(?:[\d*]|workspace:|npm:)|[\w.-]+\s*=\s*(?:"[~^]?\d|\{.*version)|(?:require\s+)?[\w./-]+\s+v\d|gem\s+['"])/;

function lockDrift(file: ChangedFile, { all, files, from }: ChangeSet): Spot[] {
  const known = (locks[path.basename(file.path)] ?? [])
    .map((lock) => path.join(path.dirname(file.path), lock))
    .filter((lock) => all?.has(lock));
  const first = addedLines(file).find(({ text }) => dependency.test(text) && !/^\s*"version"/.test(text));
  const isLocked = known.some((lock) => files.some((one) => one.path === lock));
  if (known.length === 0 || !first || isLocked || from === 'all files of the folder') return [];
  return [{ line: first.line, message: 'Dependencies have changed, and what locks them has not.' }];
}

/** Relative links of Markdown (CommonMark, 6.3) to files that are not there. */
function brokenLinks(file: ChangedFile, { all }: ChangeSet): Spot[] {
  if (!isDocument(file.path) || !all) return [];
  const folders = new Set([...all].flatMap(above));
  return addedLines(file).flatMap(({ line, text }) => {
    const targets = [...text.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)].map(([, target]) => target!);
    const isBroken = targets.some((target) => {
      if (/^[a-z][a-z\d+.-]*:|^[#/]|^\/\//i.test(target)) return false;
      const there = path.join(path.dirname(file.path), decoded(target.replace(/[#?].*$/, ''))).replace(/\/$/, '');
      return there !== '.' && !there.startsWith('..') && !all.has(there) && !folders.has(there);
    });
    return isBroken ? [{ line, message: 'A link leads to a file that is not there.' }] : [];
  });
}

const above = (file: string): string[] => {
  const folder = path.dirname(file);
  return folder === '.' ? [] : [folder, ...above(folder)];
};

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
