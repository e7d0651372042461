/** One simple command of a shell line: its words with quotes removed, and where its redirections write. */
export interface SimpleCommand {
  words: string[];
  writesTo: string[];
  /** Reads the output of the command before it. */
  isPiped: boolean;
}

/**
 * Splits a POSIX shell line (IEEE 1003.1, 2.3 Token Recognition) into simple commands, those inside `$( )`, backticks
 * and subshells included. Undefined for what it does not understand: open quotes, here-documents, functions, and words
 * that the shell would compute (`$x` as the command's name).
 */
export function parseShell(line: string): SimpleCommand[] | undefined {
  const parser = new LineParser(line);
  try {
    parser.run();
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined;
    throw error;
  }
  return parser.commands;
}

class NotUnderstood extends Error {}

const reserved = new Set(['if', 'then', 'else', 'elif', 'fi', 'do', 'done', 'while', 'until', '!', '{', '}', 'time']);
const computed = new Set(['for', 'case', 'function', 'select', 'esac', 'in', '[[', '((']);

class LineParser {
  readonly commands: SimpleCommand[] = [];
  private readonly line: string;
  private at = 0;
  private words: string[] = [];
  private writesTo: string[] = [];
  private word: string | undefined;
  private redirect: 'in' | 'out' | undefined;
  private isPiped = false;

  constructor(line: string) {
    this.line = line;
  }

  run(): void {
    while (this.at < this.line.length) this.step();
    this.endCommand(false);
  }

  private step(): void {
    const char = this.line[this.at]!;
    const two = this.line.slice(this.at, this.at + 2);
    if (char === '\\') return this.add(this.line[this.at + 1] ?? '', 2);
    if (char === "'") return this.single();
    if (char === '"') return this.double();
    if (two === '$(' || two === '`' || char === '`') return this.substitution();
    if (two === '<<') throw new NotUnderstood();
    if (two === '&&' || two === '||' || two === ';;') return this.operator(2, false);
    if (two === '>&' || two === '<&') return this.descriptor();
    if (two === '&>') return this.into('out', this.line[this.at + 2] === '>' ? 3 : 2);
    if (char === '|') return this.operator(two === '|&' ? 2 : 1, true);
    if (char === ';' || char === '&' || char === '\n' || char === '(' || char === ')') return this.operator(1, false);
    if (char === '>') return this.into('out', two === '>>' || two === '>|' ? 2 : 1);
    if (char === '<') return this.into('in', 1);
    if (char === '#' && this.word === undefined) return this.comment();
    if (/\s/.test(char)) return this.gap();
    this.add(char, 1);
  }

  private add(text: string, length: number): void {
    this.word = (this.word ?? '') + text;
    this.at += length;
  }

  private gap(): void {
    this.endWord();
    this.at += 1;
  }

  private comment(): void {
    const end = this.line.indexOf('\n', this.at);
    this.at = end === -1 ? this.line.length : end;
  }

  private single(): void {
    const end = this.line.indexOf("'", this.at + 1);
    if (end === -1) throw new NotUnderstood();
    this.add(this.line.slice(this.at + 1, end), end - this.at + 1);
  }

  private double(): void {
    this.add('', 1);
    while (this.line[this.at] !== '"') {
      if (this.at >= this.line.length) throw new NotUnderstood();
      const two = this.line.slice(this.at, this.at + 2);
      if (two[0] === '\\') this.add(this.line[this.at + 1] ?? '', 2);
      else if (two === '$(' || two[0] === '`') this.substitution();
      else this.add(two[0]!, 1);
    }
    this.at += 1;
  }

  /** The inner line is a command too; what it prints is unknown, so the word it stands in is computed. */
  private substitution(): void {
    const isTick = this.line[this.at] === '`';
    const start = this.at + (isTick ? 1 : 2);
    const end = isTick ? this.line.indexOf('`', start) : closing(this.line, start);
    if (end === -1) throw new NotUnderstood();
    const inner = parseShell(this.line.slice(start, end));
    if (!inner) throw new NotUnderstood();
    this.commands.push(...inner);
    this.word = `${this.word ?? ''}$()`;
    this.at = end + 1;
  }

  private descriptor(): void {
    const match = /^[<>]&(\d+|-)/.exec(this.line.slice(this.at));
    if (!match) return this.into('out', 2);
    if (/^\d$/.test(this.word ?? '')) this.word = undefined;
    this.at += match[0].length;
  }

  private into(direction: 'in' | 'out', length: number): void {
    if (/^\d$/.test(this.word ?? '')) this.word = undefined;
    this.endWord();
    this.redirect = direction;
    this.at += length;
  }

  private operator(length: number, isPipe: boolean): void {
    this.endCommand(isPipe);
    this.at += length;
  }

  private endWord(): void {
    if (this.word === undefined) return;
    if (this.redirect === 'out') this.writesTo.push(this.word);
    else if (this.redirect === undefined) this.words.push(this.word);
    this.redirect = undefined;
    this.word = undefined;
  }

  private endCommand(isPipe: boolean): void {
    this.endWord();
    while (this.words[0] !== undefined && reserved.has(this.words[0])) this.words.shift();
    if (this.words[0] !== undefined && (computed.has(this.words[0]) || this.words[0].startsWith('$'))) throw new NotUnderstood();
    if (this.words.length > 0 || this.writesTo.length > 0)
      this.commands.push({ words: this.words, writesTo: this.writesTo, isPiped: this.isPiped });
    this.words = [];
    this.writesTo = [];
    this.isPiped = isPipe;
  }
}

function closing(line: string, start: number): number {
  let depth = 1;
  for (let at = start; at < line.length; at += 1) {
    if (line[at] === '\\') at += 1;
    else if (line[at] === "'") at = Math.max(at, line.indexOf("'", at + 1));
    else if (line[at] === '(') depth += 1;
    else if (line[at] === ')' && (depth -= 1) === 0) return at;
  }
  return -1;
}
