import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Unbash from 'unbash';
import type { Assignment, Command, Redirection, Statement, SyntaxNode, Word } from 'unbash';
import { computed, partsText, textOf, wordsOf } from './shell-values.ts';

/** One simple command of a shell line: its words as the program gets them; what is not known before it runs is `computed`. */
export interface SimpleCommand {
  words: string[];
  /** Variables that it sets, for itself or from here on. */
  sets: { name: string; value: string }[];
  writesTo: string[];
  readsFrom: string[];
  /** A here-document or here-string. */
  stdin?: string;
  /** Reads the output of the command before it. */
  isPiped: boolean;
  /** Commands whose output it reads: through a pipe, or in its words. */
  fedBy: SimpleCommand[];
  /** Folders that the line has changed to by now, the last one first. */
  within: string[];
}

export interface ShellLine {
  commands: SimpleCommand[];
  functions: Set<string>;
  isForkBomb: boolean;
}

/** The simple commands of a line; undefined where `readShell` does not understand it. */
export const parseShell = (line: string): SimpleCommand[] | undefined => readShell(line)?.commands;

/**
 * Reads a line as Bash does, substitutions, functions, loops and here-documents included, and gives every simple command
 * in it, whether or not it would be reached. Undefined for lines with errors, and for the few forms that dash (our
 * /bin/sh, perhaps) would read otherwise than Bash.
 */
export function readShell(line: string): ShellLine | undefined {
  if (line.length > longestLine) return undefined;
  // eslint-disable-next-line no-control-regex -- a carriage return or a bidirectional mark hides what a line does
  if (/[\u0000-\u0008\u000b-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/.test(line)) return undefined;
  const reader = new ShellReader(line);
  try {
    reader.read();
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined;
    throw error;
  }
  return reader;
}

class NotUnderstood extends Error {}

/** Longer lines, and lines of more commands, are asked about rather than judged: judging takes time. */
const longestLine = 20_000;
const mostCommands = 500;

// 250 kB of grammar, so it is loaded by the first line that needs it.
const load = createRequire(import.meta.url);
let grammar: typeof Unbash | undefined;
const unbash = (): typeof Unbash => (grammar ??= load('unbash') as typeof Unbash);

const home: [string, string][] = [
  ['HOME', '~'],
  ['PWD', '.'],
  ['IFS', ' '],
];

class ShellReader implements ShellLine {
  readonly commands: SimpleCommand[] = [];
  readonly functions = new Set<string>();
  isForkBomb = false;
  private readonly line: string;
  private readonly values: Map<string, string>;
  private folders: string[] = [];

  constructor(line: string) {
    this.line = line;
    this.values = new Map(home.filter(([name]) => this.mentions(name) === 0));
  }

  read(): void {
    const script = unbash().parse(this.line);
    if (script.errors && script.errors.length > 0) throw new NotUnderstood();
    for (const statement of script.commands) {
      this.visit(statement);
      this.learn(statement);
    }
  }

  /** How often a name stands in the line other than as `$name`: what is set twice, or read, is not known. */
  private mentions(name: string): number {
    return [...this.line.matchAll(new RegExp(`(?<![\\w$]|\\$\\{)${name}(?!\\w)`, 'g'))].length;
  }

  /** `X=value` on its own, at the top of the line, where it cannot be skipped. */
  private learn({ command, background }: Statement): void {
    if (command.type !== 'Command' || command.name || background === true || this.mentions('IFS') > 0) return;
    for (const part of command.prefix) {
      if (part.type !== 'Assignment' || part.append || part.index || part.value.type !== 'Word') continue;
      const value = textOf(part.value, this.values);
      if (!value.includes(computed) && this.mentions(part.name) === 1) this.values.set(part.name, value);
    }
  }

  private visit(node: SyntaxNode): void {
    if (node.type === 'Command') return this.command(node);
    if (node.type === 'Pipeline') return this.pipeline(node.commands);
    if (node.type === 'Function') return this.define(node);
    if (node.type === 'For') return this.loop(node);
    if (node.type === 'Redirected') this.redirected(node.redirects);
    this.refuse(node);
    unbash().forEachChild(node, (child) => this.visit(child));
  }

  // dash runs `((rm x))` as a nested subshell, reads `[[ a > b ]]` as a redirection, and ends $'\'' earlier.
  private refuse(node: SyntaxNode): void {
    // A script with a source of its own stood in nested backticks; positions in it are not ours.
    if (node.type === 'Script' && ((node.errors && node.errors.length > 0) || node.source !== undefined)) throw new NotUnderstood();
    if (node.type === 'ArithmeticCommand' || node.type === 'ArithmeticFor' || node.type === 'Coproc') throw new NotUnderstood();
    if (node.type === 'TestCommand' && /[<>|&;()`]/.test(this.line.slice(node.pos, node.end))) throw new NotUnderstood();
    if (node.type === 'ArithmeticExpansion' && /[a-z_]\w*\s+[a-z_]/i.test(node.text)) throw new NotUnderstood();
    if (node.type === 'AnsiCQuoted' && node.text.includes("\\'")) throw new NotUnderstood();
    if ((node.type === 'CommandExpansion' || node.type === 'ProcessSubstitution') && !node.script) throw new NotUnderstood();
  }

  /** The commands that stand in the children of a node. */
  private within(nodes: Iterable<SyntaxNode>): SimpleCommand[] {
    const from = this.commands.length;
    for (const node of nodes) this.visit(node);
    return this.commands.slice(from);
  }

  private command(node: Command): void {
    if (this.commands.length >= mostCommands) throw new NotUnderstood();
    const children: SyntaxNode[] = [];
    unbash().forEachChild(node, (child) => void children.push(child));
    const fedBy = this.within(children);
    const named = node.name ? wordsOf(node.name, this.values) : [];
    const command: SimpleCommand = {
      words: [...named, ...node.args.flatMap((argument) => this.argument(argument))],
      sets: [...node.prefix, ...node.suffix].flatMap((part) => (part.type === 'Assignment' ? [this.setting(part)] : [])),
      ...this.files(node.redirects),
      isPiped: false,
      fedBy,
      within: [...this.folders],
    };
    this.commands.push(command);
    if (command.words[0] === 'cd' || command.words[0] === 'pushd') this.enter(command.words);
  }

  private argument(argument: Word | Assignment): string[] {
    if (argument.type === 'Word') return wordsOf(argument, this.values);
    return argument.value.type === 'Word' ? [`${argument.name}=${textOf(argument.value, this.values)}`] : [`${argument.name}=${computed}`];
  }

  private setting({ name, value }: Assignment): { name: string; value: string } {
    return { name, value: value.type === 'Word' ? textOf(value, this.values) : computed };
  }

  private enter(words: string[]): void {
    const target = words.slice(1).find((word) => !word.startsWith('-')) ?? '~';
    const isWhole = /^[/~]/.test(target) || this.folders[0] === undefined;
    this.folders = [isWhole ? target : path.posix.join(this.folders[0]!, target), ...this.folders].slice(0, 8);
  }

  private files(redirects: readonly Redirection[]): Pick<SimpleCommand, 'writesTo' | 'readsFrom' | 'stdin'> {
    const writesTo: string[] = [];
    const readsFrom: string[] = [];
    let stdin: string | undefined;
    for (const redirect of redirects) {
      if (redirect.type === 'HereDoc') stdin = redirect.body.parts ? partsText(redirect.body.parts, this.values) : redirect.body.text;
      else if (redirect.type === 'HereString') stdin = redirect.target ? textOf(redirect.target, this.values) : '';
      else if (redirect.target) {
        const target = textOf(redirect.target, this.values);
        if (redirect.operator === '<' || redirect.operator === '<>') readsFrom.push(target);
        if (redirect.operator !== '<' && !(redirect.operator.endsWith('&') && /^\d*-?$/.test(target))) writesTo.push(target);
      }
    }
    return { writesTo, readsFrom, ...(stdin !== undefined && { stdin }) };
  }

  /** `{ …; } > file`: its commands are judged on their own, the file here. */
  private redirected(redirects: readonly Redirection[]): void {
    this.commands.push({ words: ['{'], sets: [], ...this.files(redirects), isPiped: false, fedBy: [], within: [...this.folders] });
  }

  private pipeline(members: readonly SyntaxNode[]): void {
    let before: SimpleCommand[] = [];
    for (const [index, member] of members.entries()) {
      const own = this.within([member]);
      if (index > 0)
        for (const command of own) {
          command.isPiped = true;
          command.fedBy = [...command.fedBy, ...before];
        }
      before = [...before, ...own];
    }
  }

  private define(node: Extract<SyntaxNode, { type: 'Function' }>): void {
    const name = node.name.value;
    this.functions.add(name);
    const calls = this.within([node.body]).filter(({ words }) => words[0] === name);
    const spreads = /\||&/.test(this.line.slice(node.body.pos, node.body.end));
    if (calls.length > 1 || (calls.length === 1 && spreads)) this.isForkBomb = true;
  }

  /** The variable of `for x in *.log` is known within the loop; with several words it may be any of them. */
  private loop(node: Extract<SyntaxNode, { type: 'For' }>): void {
    const words = (node.wordlist ?? []).flatMap((word) => wordsOf(word, this.values));
    const name = node.name.value;
    for (const word of node.wordlist ?? []) this.visit(word);
    const isKnown = words.length === 1 && !words[0]!.includes(computed) && this.mentions(name) === 1 && this.mentions('IFS') === 0;
    if (isKnown) this.values.set(name, words[0]!);
    this.visit(node.body);
    this.values.delete(name);
  }
}
