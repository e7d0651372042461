/** What may stand before a pattern between slashes; behind anything else a slash divides (POSIX awk, grammar). */
const beforePattern = /(^|[(,!~{};&|\n?:=<>*%^]|\b(print|printf|return|else|do|case))$/;

/**
 * Whether an awk program may run a command or write a file: `system()`, `getline`, pipes, redirections, extensions. Strings,
 * patterns and comments are taken out first, as a `;` or a `|` in them means nothing. What cannot be told counts as acting.
 */
export function awkActs(text: string): boolean {
  const code = codeOf(text.replaceAll('\\\n', ' '));
  if (code === undefined) return true;
  return /\bsystem\b|\bgetline\b|@|\bclose\b/.test(code) || /\||print[^;}]*>/.test(code.replaceAll('||', ''));
}

/** The program with an empty text in the place of each string and pattern. Undefined where one has no end, or more than one. */
function codeOf(text: string): string | undefined {
  let code = '';
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at);
    const literal = literalAt(rest, code);
    if (literal === undefined) return undefined;
    code += literal === '' ? rest[0]! : /^[#]/.test(literal) ? '' : '""';
    at += Math.max(1, literal.length);
  }
  return code;
}

/** The string, pattern or comment that the text begins with; '' where it begins with none, undefined where its end cannot be told. */
function literalAt(rest: string, before: string): string | undefined {
  if (rest.startsWith('#')) return /^#[^\n]*/.exec(rest)![0];
  if (rest.startsWith('"')) return /^"(?:\\[^]|[^"\\\n])*"/.exec(rest)?.[0];
  if (!rest.startsWith('/')) return '';
  // Other implementations end a pattern at a slash in brackets, and behind a parenthesis either may stand.
  const pattern = /^\/(?:\\.|[^/\\\n[]|\[\]?[^\]/\n]*\])*\//.exec(rest)?.[0];
  if (beforePattern.test(before.trimEnd() + (/\n\s*$/.test(before) ? '\n' : ''))) return pattern;
  return pattern?.includes('"') ? undefined : '';
}
