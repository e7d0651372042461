import { addedLines, newLines, type ChangedFile } from '../diff.ts';
import { familyOf, isComment, isTest, type Check, type Family, type Spot } from './check.ts';

export const correctnessChecks: Check[] = [
  {
    rule: 'conflict-marker',
    category: 'correctness',
    severity: 'critical',
    hint: 'Decide which side stays, and take the markers out.',
    find: conflicts,
  },
  {
    rule: 'debugging',
    category: 'correctness',
    severity: 'medium',
    hint: 'Take it out, or use the log.',
    find: debugging,
  },
  {
    rule: 'swallowed-error',
    category: 'correctness',
    severity: 'medium',
    hint: 'Handle the error, name the one that may be passed over, or let it go up.',
    find: swallowed,
  },
];

/** A line of equals signs alone is a heading in Markdown, so it counts beside another marker only. */
function conflicts(file: ChangedFile): Spot[] {
  const marked = addedLines(file).filter(({ text }) => /^(?:<{7}|>{7}|\|{7})(?: |$)/.test(text));
  return marked.map(({ line }) => ({ line, message: 'A conflict of a merge was never settled.' }));
}

const stops: Partial<Record<Family, RegExp>> = {
  script: /^\s*debugger\s*;?\s*$|\bconsole\.(?:log|debug|trace|dir|table)\s*\(/,
  python: /\bbreakpoint\s*\(\s*\)|\bi?pdb\.set_trace\s*\(|^\s*import\s+i?pdb\b/,
  ruby: /\bbinding\.(?:pry|irb)\b|^\s*byebug\b/,
  php: /\b(?:var_dump|print_r|dd)\s*\(/,
  rust: /\bdbg!\s*\(/,
  go: /\bspew\.Dump\s*\(/,
  java: /\.printStackTrace\s*\(\s*\)/,
  shell: /^\s*set\s+-\w*x/,
};

/** A program for the terminal prints: it is its work. */
const prints = /(?:^|\/)(?:bin|cli|scripts?|tools|examples?|bench(?:marks?)?)\//;

function debugging(file: ChangedFile): Spot[] {
  const pattern = stops[familyOf(file.path) ?? 'other'];
  if (!pattern || isTest(file.path) || prints.test(file.path)) return [];
  return addedLines(file)
    .filter(({ text }) => !isComment(text) && pattern.test(text))
    .map(({ line, text }) => ({
      line,
      message: 'This was for finding an error.',
      ...(text.includes('console.') && { severity: 'low' as const }),
    }));
}

const emptyCatch = /\bcatch\s*(?:\([^)]*\))?\s*\{\s*\}|^\s*rescue\s*(?:=>\s*\w+)?\s*;?\s*(?:nil)?\s*end\b/;
const openCatch = /\bcatch\s*(?:\([^)]*\))?\s*\{\s*$/;
const bareExcept = /^\s*except\s*(?:\w*Exception(?:\s+as\s+\w+)?)?\s*:\s*(pass|\.\.\.)?\s*$/;

/** Where the body is on the next line, both belong together, whichever of them was changed. */
function swallowed(file: ChangedFile): Spot[] {
  const family = familyOf(file.path);
  if (family === undefined) return [];
  return file.hunks.flatMap((hunk) => {
    const lines = newLines(hunk);
    return lines.flatMap(({ line, text, kind }, index): Spot[] => {
      const next = lines[index + 1];
      const isNew = kind === 'added' || next?.kind === 'added';
      const [isBare, body] = [family === 'python' && bareExcept.exec(text), next?.text ?? ''];
      const isEmpty =
        emptyCatch.test(text) ||
        (openCatch.test(text) && /^\s*\}/.test(body)) ||
        (isBare && (isBare[1] !== undefined || /^\s*(?:pass|\.\.\.)\s*$/.test(body)));
      return isNew && isEmpty && !isComment(text) ? [{ line, message: 'Every error is passed over in silence here.' }] : [];
    });
  });
}
