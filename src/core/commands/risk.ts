import type { SimpleCommand } from '../shell-words.ts';
import type { Risk } from '../tool.ts';
import { destroyers, destroyingVerbs, interpreters, persisting, readers, reachingOut, wordSet } from './names.ts';
import { isComputed, isHarmlessTarget, isSystemPath, isTrustedPath, placed } from './paths.ts';
import { isListed, ruleFor, type ProgramRule } from './rules.ts';
import { programText } from './program-texts.ts';
import { program } from './wrappers.ts';

/** A class and, for what is more than a read, the words that tell the owner why. */
export interface Judged {
  risk: Risk;
  why: string;
}

const rank: Record<Risk, number> = { read: 0, write: 1, destructive: 2 };
const judged = (risk: Risk, why: string): Judged => ({ risk, why });

/** The worst of several; the first of equals. */
export const worst = (all: Judged[]): Judged => all.reduce((a, b) => (rank[b.risk] > rank[a.risk] ? b : a), judged('read', ''));

/** The class of one simple command. `functions` are those that its line defines, and that are judged by their bodies. */
export function riskOfCommand(command: SimpleCommand, functions: ReadonlySet<string>): Judged {
  const [word = ''] = command.words;
  return worst([
    riskOfName(word),
    ...command.sets.map(({ name }) => riskOfVariable(name)),
    ...command.words.map(riskOfWord),
    riskOfSubscripts(program(command), command),
    ...command.writesTo.map((file) => riskOfTarget(file, command)),
    functions.has(word) ? judged('read', '') : riskOfProgram(program(command), command),
  ]);
}

function riskOfName(word: string): Judged {
  if (isComputed(word) || /[*?[\]{}~]/.test(word.replace(/^(\[\[?|\{)$/, '')))
    return judged('destructive', 'which program runs is only known then');
  if (/[^\x21-\x7e]/.test(word)) return judged('destructive', 'the name of the program has characters that look like others');
  if (word.includes('/') && program({ words: [word] }).includes('/')) return judged('destructive', `${word} cannot be looked into`);
  return judged('read', '');
}

// These change what a program is, or let it start another.
const steering =
  /^(PATH|IFS|ENV|BASH_ENV|PROMPT_COMMAND|PS4|SHELLOPTS|BASHOPTS|CDPATH|GLOBIGNORE|PAGER|MANPAGER|GIT_.*|LESSOPEN|LESSCLOSE|LESS|EDITOR|VISUAL|BROWSER|LD_.*|DYLD_.*|GCONV_PATH|GLIBC_TUNABLES|PYTHON.*|PERL.*|RUBY.*|NODE_.*|npm_config_.*|JAVA_TOOL_OPTIONS|TAR_OPTIONS|GREP_OPTIONS|RSYNC_RSH|SSH_ASKPASS|SUDO_ASKPASS|MAKEFLAGS|CLAW_.*|HOME|SHELL|TMPDIR|BASH_FUNC_.*|DOCKER_HOST|KUBECONFIG|XDG_.*|OPENSSL_CONF|CURL_HOME|WGETRC|SYSTEMD_.*)$/i;

export const riskOfVariable = (name: string): Judged =>
  steering.test(name) ? judged('destructive', `it sets ${name}, which changes what programs do`) : judged('read', '');

const otherProcess =
  /\/proc\/(?!self\/|thread-self\/|[a-z])[^/]*\/(environ|mem|maps|root|cwd|fd|exe|task)|\/proc\/(thread-)?self\/(root|cwd|environ|mem)/;

/** The environment, memory and files of other processes, and ways around a path. */
const riskOfWord = (word: string): Judged =>
  otherProcess.test(word) ? judged('destructive', 'it reaches into another process') : judged('read', '');

const evaluating = wordSet('test [ let declare typeset local readonly export unset read printf mapfile wait');

/** Bash runs what stands in a subscript where it reads a number or a variable's name: `test -v 'a[$(rm x)]'`. */
function riskOfSubscripts(name: string, { words, sets }: SimpleCommand): Judged {
  const texts = [...(evaluating.has(name) ? words : []), ...sets.map(({ value }) => value)];
  const runs = texts.some((text) => text.includes('[') && /\$\(|`/.test(text.slice(text.indexOf('['))));
  return runs ? judged('destructive', 'a subscript runs a command') : judged('read', '');
}

/** Commands without output: what they are redirected to is emptied. */
const saysNothing = /^(:|true|echo -n|printf|cat( \/dev\/null)+)?\s*$/;

function riskOfTarget(file: string, { words, stdin, within }: SimpleCommand): Judged {
  const target = placed(file, within);
  if (isHarmlessTarget(target)) return judged('read', '');
  if (isComputed(file)) return judged('destructive', 'which file it writes is only known then');
  if (isSystemPath(target)) return judged('destructive', `it writes to ${target}, a file of the system`);
  if (isTrustedPath(target)) return judged('destructive', `it writes to ${target}, which others execute or trust`);
  const isEmptied = words.slice(1).includes(file) || (stdin === undefined && saysNothing.test(words.join(' ')));
  return isEmptied ? judged('destructive', `it empties ${target}`) : judged('write', `it writes to ${target}`);
}

function riskOfProgram(name: string, command: SimpleCommand): Judged {
  if (name === '') return judged('read', '');
  const args = command.words.slice(1);
  const told = (risk: Risk): Judged => judged(risk, saying(risk, command.words));
  if (args.length === 1 && /^(--version|--help)$/.test(args[0]!) && isListed(name)) return judged('read', '');
  if (/^(claw|claw\.js)$/.test(name)) return told('destructive');
  const plain = riskOfArguments(name, command);
  return worst([plain.why === '' ? told(plain.risk) : plain, ...writtenBy(name, args).map((file) => riskOfWritten(file, command))]);
}

function riskOfArguments(name: string, command: SimpleCommand): Judged {
  const args = command.words.slice(1);
  const text = programText(name, command);
  if (text !== undefined) return judged(text, text === 'destructive' ? `${name} runs a text that may do anything` : '');
  const rule = ruleFor(name) ?? ruleFor(name.toLowerCase());
  return rule ? riskByRule(name, rule, args) : judged(plainRisk(name, args), '');
}

const saying = (risk: Risk, words: string[]): string =>
  `${words.join(' ').replaceAll('\0', '…').slice(0, 80)} ${risk === 'write' ? 'changes things' : 'destroys, or does what is hard to take back'}`;

function plainRisk(exact: string, args: string[]): Risk {
  const name = exact.toLowerCase();
  if (destroyers.has(name) || interpreters.has(name) || name.startsWith('mkfs') || /^ld-.*\.so/.test(name)) return 'destructive';
  if (/^(python|pypy|perl|ruby|php|node|lua)[\d.]+$/.test(name)) return 'destructive';
  if (!isListed(name) && args.some((arg) => destroyingVerbs.has(arg))) return 'destructive';
  return readers.has(name) ? 'read' : 'write';
}

function riskByRule(name: string, rule: ProgramRule, args: string[]): Judged {
  if (
    rule.readsOnly &&
    args.every((arg) => rule.readsOnly!.all.test(arg)) &&
    (!rule.readsOnly.one || args.some((arg) => rule.readsOnly!.one!.test(arg)))
  )
    return judged('read', '');
  const { risk, sub } = rule.subcommands ? bySubcommand(rule, args) : { risk: rule.risk, sub: '' };
  const raises = (rule.raise ?? []).filter(([, , only]) => only === undefined || only.test(sub));
  const own = args.flatMap((arg) =>
    raises.flatMap(([pattern, raised]) => (pattern.test(arg) ? [judged(raised, `${name} is given ${arg.slice(0, 60)}`)] : [])),
  );
  const end = args.indexOf('--');
  // What is only known then may be an option, or the wrong target.
  const hidden = args.some((arg, index) => arg.startsWith('\0') && (end === -1 || index < end));
  const unknown = hidden && (rule.subcommands ? risk !== 'read' || name === 'git' : raises.length > 0);
  const plain = judged(risk, '');
  return worst([plain, ...own, ...(unknown ? [judged('destructive', `what ${name} is given is only known then`)] : [])]);
}

function bySubcommand(rule: ProgramRule, args: string[]): { risk: Risk; sub: string } {
  const { noun, verb, doubtful } = nounAndVerb(rule, args);
  if (noun === undefined) return { risk: args.every((arg) => /^--?[a-z]+$/i.test(arg)) ? rule.risk : 'destructive', sub: '' };
  if (isComputed(noun)) return { risk: 'destructive', sub: 'something' };
  const listed = (key: string): Risk | undefined =>
    (['destructive', 'write', 'read'] as const).find((risk) => rule.subcommands![risk]?.has(key));
  const both = verb === undefined ? undefined : listed(`${noun}.${verb}`);
  const risk = both ?? listed(noun) ?? rule.subcommands!.other;
  // An option that we do not know may have taken the word we read as the subcommand.
  const instead = doubtful && verb !== undefined ? listed(verb) : undefined;
  return { risk: instead !== undefined && rank[instead] > rank[risk] ? instead : risk, sub: both ? `${noun} ${verb}` : noun };
}

function nounAndVerb({ valued }: ProgramRule, args: string[]): { noun?: string; verb?: string; doubtful: boolean } {
  const plain: string[] = [];
  let doubtful = false;
  for (let at = 0; at < args.length && plain.length < 2; at += 1) {
    const arg = args[at]!;
    if (!arg.startsWith('-')) plain.push(arg);
    else if (valued?.has(arg)) at += 1;
    else if (plain.length === 0 && !arg.includes('=')) doubtful = true;
  }
  return { noun: plain[0], verb: plain[1], doubtful };
}

const anyIsWritten = wordSet(
  'mv tee touch mkdir chmod chown chgrp setfacl patch gzip gunzip bzip2 xz split dos2unix unzip curl wget sort sed mkfifo mktemp',
);
const lastIsWritten = wordSet('cp ln install rsync scp');

/** The arguments that name what a program writes. */
function writtenBy(name: string, args: string[]): string[] {
  const plain = args.map((arg) => arg.replace(/^(-[a-zA-Z]|--[a-z-]+=)(?=[/~.\0])/, '')).filter((arg) => !arg.startsWith('-'));
  if (anyIsWritten.has(name))
    return name === 'curl' || name === 'wget' || name === 'sort' || name === 'sed'
      ? plain.filter((arg) => /^[/~]/.test(arg) && outputs(args, name))
      : plain;
  if (lastIsWritten.has(name)) return [...plain.slice(-1), ...args.flatMap((arg, index) => (args[index - 1] === '-t' ? [arg] : []))];
  if (name === 'tar')
    return args.some((arg) => /^-?[a-zA-Z]*x|^--extract/.test(arg))
      ? plain
      : args.flatMap((arg, index) => (/^-?[a-zA-Z]*f$/.test(args[index - 1] ?? '') ? [arg] : []));
  if (name === 'zip') return plain.slice(0, 1);
  return [];
}

const outputs = (args: string[], name: string): boolean =>
  args.some((arg) =>
    (name === 'sed' ? /^(-[a-zA-Z]*i|--in-place)/ : /^(-[a-zA-Z]*[oOPDc]|--output|--directory|--dump|--cookie)/).test(arg),
  );

function riskOfWritten(file: string, { within }: SimpleCommand): Judged {
  const target = placed(file, within);
  if (isHarmlessTarget(target)) return judged('read', '');
  if (isComputed(file)) return judged('destructive', 'which file it changes is only known then');
  if (isSystemPath(target)) return judged('destructive', `it changes ${target}, a file of the system`);
  if (isTrustedPath(target)) return judged('destructive', `it changes ${target}, which others execute or trust`);
  return judged('read', '');
}

/** Leaves something that acts later. */
export function leavesSomething(command: SimpleCommand): boolean {
  const name = program(command);
  const targets = [...command.writesTo, ...writtenBy(name, command.words.slice(1))].map((file) => placed(file, command.within));
  const isReading = name === 'crontab' && command.words[1] === '-l';
  return (
    (persisting.has(name) && !isReading) ||
    (name === 'systemctl' && command.words.includes('enable')) ||
    targets.some((file) => isTrustedPath(file))
  );
}

export const talksToOthers = (command: SimpleCommand): boolean => reachingOut.has(program(command));
