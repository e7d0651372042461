/** A change to files, as a unified diff says it (git-diff(1), "Generating patch text with -p"). */
export interface DiffLine {
  kind: 'added' | 'context' | 'removed';
  /** In the file as it is after the change; of a removed line, before which one it stood. */
  line: number;
  text: string;
}

export interface ChangedFile {
  /** As it is called after the change, relative to the folder that is looked at. */
  path: string;
  status: 'added' | 'changed' | 'deleted' | 'renamed';
  isBinary: boolean;
  /** Stretches of lines, in their order. */
  hunks: DiffLine[][];
}

/** A hunk that is being read: how many lines are still to come, and which is next. */
interface Open {
  lines: DiffLine[];
  oldLeft: number;
  newLeft: number;
  next: number;
}

const hunkHead = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** Reads what `git diff` and `diff -u` write; what else stands there is passed over. */
export function parseDiff(text: string): ChangedFile[] {
  const files: ChangedFile[] = [];
  let open: Open | undefined;
  for (const line of text.split('\n')) {
    if (open && takes(open, line)) continue;
    open = undefined;
    const file = files.at(-1);
    const [, path] = /^diff --git .* "?b\/(.*?)"?$/.exec(line) ?? [];
    if (path !== undefined) files.push(changed(unquoted(path)));
    else if (line.startsWith('--- ') && (!file || file.hunks.length > 0)) files.push(changed(''));
    else if (file && hunkHead.test(line)) open = begun(file, line);
    else if (file) readHeader(file, line);
  }
  return files.filter(({ path }) => path !== '');
}

const changed = (path: string): ChangedFile => ({ path, status: 'changed', isBinary: false, hunks: [] });

function begun(file: ChangedFile, head: string): Open {
  const [, old = '1', next, count = '1'] = hunkHead.exec(head)!;
  const lines: DiffLine[] = [];
  file.hunks.push(lines);
  return { lines, oldLeft: Number(old), newLeft: Number(count), next: Number(next) };
}

/** Whether the line is one of the hunk's: a removed `-- x` looks like the head of a file, so the hunk's own counts decide. */
function takes(open: Open, line: string): boolean {
  if (open.oldLeft <= 0 && open.newLeft <= 0) return line.startsWith('\\');
  const [sign, text] = [line[0] ?? ' ', line.slice(1).replace(/\r$/, '')];
  if (!' +-\\'.includes(sign)) return false;
  if (sign === '\\') return true;
  if (sign !== '+') open.oldLeft -= 1;
  if (sign !== '-') open.newLeft -= 1;
  open.lines.push({ kind: sign === '+' ? 'added' : sign === '-' ? 'removed' : 'context', line: open.next, text });
  if (sign !== '-') open.next += 1;
  return true;
}

function readHeader(file: ChangedFile, line: string): void {
  if (line.startsWith('new file')) file.status = 'added';
  else if (line.startsWith('deleted file')) file.status = 'deleted';
  else if (line.startsWith('rename to ')) file.status = 'renamed';
  else if (/^Binary files |^GIT binary patch/.test(line)) file.isBinary = true;
  const [, named] = /^\+\+\+ "?(.*?)"?(?:\t.*)?$/.exec(line) ?? [];
  if (named === '/dev/null') file.status = 'deleted';
  else if (named !== undefined && file.path === '') file.path = unquoted(named.replace(/^b\//, ''));
}

/** git writes other than plain characters as octal escapes of their bytes (git-config(1), core.quotePath). */
function unquoted(path: string): string {
  if (!path.includes('\\')) return path;
  const bytes = [...path.matchAll(/\\([0-7]{3})|\\(.)|([^\\])/gsu)].map(([, octal, escaped, plain]) =>
    octal === undefined ? Buffer.from(plain ?? unescapes[escaped!] ?? escaped!) : Buffer.from([Number.parseInt(octal, 8)]),
  );
  return Buffer.concat(bytes).toString('utf8');
}

const unescapes: Record<string, string> = { t: '\t', n: '\n', r: '\r' };

/** The lines of a file that is looked at whole: all of them count as added. */
export const wholeFile = (path: string, text: string): ChangedFile => ({
  path,
  status: 'added',
  isBinary: false,
  hunks:
    text === ''
      ? []
      : [
          text
            .replace(/\n$/, '')
            .split(/\r?\n/)
            .map((line, index): DiffLine => ({ kind: 'added', line: index + 1, text: line })),
        ],
});

/** Lines of the file as it is after the change, as far as the diff shows them. */
export const newLines = (hunk: DiffLine[]): DiffLine[] => hunk.filter(({ kind }) => kind !== 'removed');

export const addedLines = ({ hunks }: ChangedFile): DiffLine[] => hunks.flat().filter(({ kind }) => kind === 'added');
