import type { Family } from './check.ts';

interface Found {
  /** 1-based, both ends included. */
  start: number;
  end: number;
}

const heads: Partial<Record<Family, RegExp>> = {
  script:
    /^\s*(?:export\s+)?(?:default\s+)?(?:async\s+)?function\b.*\{\s*$|^\s*(?:export\s+)?const\s+\w+.*=>\s*\{\s*$|^\s+(?:(?:public|private|protected|static|async|get|set)\s+)*\w+\s*\([^;]*\)\s*(?::[^={]+)?\{\s*$/,
  go: /^func\b.*\{\s*$/,
  rust: /^\s*(?:pub(?:\([^)]*\))?\s+)?(?:async\s+)?fn\b.*\{\s*$/,
  java: /^\s+(?:(?:public|private|protected|static|final|override|suspend|fun)\s+)+[\w<>[\], .?]+\(.*\)\s*(?:throws [\w, ]+)?\{\s*$/,
  php: /^\s*(?:(?:public|private|protected|static)\s+)*function\b.*\{?\s*$/,
  c: /^[A-Za-z_][\w\s*&:<>,~]*\([^;]*\)\s*(?:const\s*)?\{\s*$/,
};
const python = /^\s*(?:async\s+)?def\s/;
const control = /^\s*(?:if|for|while|switch|catch|else|do|try|return|with)\b/;

/**
 * Functions of more lines than `most`, told by how the code is laid out: from a line that begins one to the next line that
 * is no further in. Code that nobody has formatted is not seen through.
 */
export function longFunctions(lines: string[], { family, most }: { family: Family; most: number }): Found[] {
  const head = family === 'python' ? python : heads[family];
  if (!head) return [];
  return lines.flatMap((text, index) => {
    if (!head.test(text) || control.test(text)) return [];
    const end = endOf(lines, index, family === 'python');
    return end - index + 1 > most ? [{ start: index + 1, end: end + 1 }] : [];
  });
}

function endOf(lines: string[], start: number, isByIndent: boolean): number {
  const depth = indentOf(lines[start]!);
  let last = start;
  for (let index = start + 1; index < lines.length; index += 1) {
    const line = lines[index]!;
    if (line.trim() === '') continue;
    if (indentOf(line) <= depth && !(isByIndent && /^\s*[)\]]/.test(line))) return isByIndent ? last : index;
    last = index;
  }
  return last;
}

const indentOf = (line: string): number => /^\s*/.exec(line)![0].replaceAll('\t', '    ').length;
