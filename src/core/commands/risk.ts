import type { SimpleCommand } from '../shell-words.ts';
import type { Risk } from '../tool.ts';
import { destroyers, destroyingVerbs, interpreters, persisting, readers, runners, wordSet } from './names.ts';
import { hasOption } from './options.ts';
import { isAmongStartup, isComputed, isHarmlessTarget, isSystemPath, isTrustedPath, placed } from './paths.ts';
import { programText } from './program-texts.ts';
import { isListed, ruleFor, type ProgramRule } from './rules.ts';
import { riskBySubcommand } from './subcommands.ts';
import { isSteering, namesSet } from './variables.ts';
import { isWrapper, program } from './wrappers.ts';
import { asDashed, filledFolders, operandsPast, outputsOf, writtenBy } from './written.ts';

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
    ...[...command.sets.map(({ name }) => name), ...namesSet(command.words)].map(riskOfVariable),
    ...command.words.map(riskOfWord),
    riskOfSubscripts(program(command), command),
    ...command.writesTo.map((file) => riskOfTarget(file, command)),
    functions.has(word) ? judged('read', '') : riskOfProgram(program(command), command),
  ]);
}

function riskOfName(word: string): Judged {
  if (isComputed(word) || /[*?[\]{}~]/.test(word.replace(/^(\[\[?|\{)$/, '')))
    return judged('destructive', 'which program runs is only known then');
  if (word.startsWith('-')) return judged('destructive', 'which program runs cannot be told');
  if (/[^\x21-\x7e]/.test(word)) return judged('destructive', 'the name of the program has characters that look like others');
  if (word.includes('/') && program({ words: [word] }).includes('/')) return judged('destructive', `${word} cannot be looked into`);
  return judged('read', '');
}

export const riskOfVariable = (name: string): Judged =>
  isSteering(name) ? judged('destructive', `it sets ${name}, which changes what programs do`) : judged('read', '');

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
  return worst([
    plain.why === '' ? told(plain.risk) : plain,
    ...writtenBy(name, args).map((file) => riskOfWritten(file, command)),
    ...filledFolders(name, command).map((folder) => riskOfFilled(folder, command)),
  ]);
}

function riskOfArguments(name: string, command: SimpleCommand): Judged {
  const args = /^(bsd)?tar$/.test(name) ? asDashed(command.words.slice(1)) : command.words.slice(1);
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
  const isRunner = runners.has(name);
  if ((isRunner || !isListed(name)) && args.some((arg) => saysDestroy(arg) && !(isRunner && arg === 'run'))) return 'destructive';
  if (!isListed(name) && name.startsWith('systemd-')) return 'destructive';
  return readers.has(name) ? 'read' : 'write';
}

/** `delete`, `--delete-all`, `db:drop`. */
const saysDestroy = (arg: string): boolean => {
  const words = arg.toLowerCase();
  return words.startsWith('-')
    ? strongVerbs.test(words)
    : destroyingVerbs.has(words) ||
        (words.length < 40 && !words.includes('/') && words.split(':').some((word) => destroyingVerbs.has(word)));
};

const strongVerbs = /^-{1,2}(delete|destroy|remove|purge|prune|drop|wipe|format|erase|kill|terminate|overwrite|uninstall|exec|eval)(-|=|$)/;

function riskByRule(name: string, rule: ProgramRule, args: string[]): Judged {
  const acting = args.find((arg) => hasOption([arg], rule.acts ?? ''));
  if (acting !== undefined) return judged('destructive', `${name} is given ${acting.slice(0, 60)}`);
  if (rule.interactive !== undefined && !hasOption(args, rule.interactive))
    return judged('destructive', `${name} waits for keys, and one of them starts a shell`);
  const form = rule.forms?.find(([call]) => call.test(args.join(' ')));
  if (form) return judged(form[1], '');
  return worst([
    judged(changes(rule, args) ? 'write' : 'read', ''),
    isReadOnly(rule, args) ? judged('read', '') : riskOfCall(name, rule, args),
  ]);
}

const changes = (rule: ProgramRule, args: string[]): boolean =>
  hasOption(args, rule.changes ?? '') || outputsOf(rule, args).length + operandsPast(rule, args).length > 0;

const isReadOnly = ({ readsOnly }: ProgramRule, args: string[]): boolean =>
  readsOnly !== undefined &&
  args.every((arg) => readsOnly.all.test(arg)) &&
  (!readsOnly.one || args.some((arg) => readsOnly.one!.test(arg)));

function riskOfCall(name: string, rule: ProgramRule, args: string[]): Judged {
  const { risk, sub } = rule.subcommands ? riskBySubcommand(rule, args) : { risk: rule.risk, sub: '' };
  const raises = (rule.raise ?? []).filter(([, , only]) => only === undefined || only.test(sub));
  const own = args.flatMap((arg) =>
    raises.flatMap(([pattern, raised]) => (pattern.test(arg) ? [judged(raised, `${name} is given ${arg.slice(0, 60)}`)] : [])),
  );
  const end = args.indexOf('--');
  // What is only known then may be an option, or the wrong target.
  const hidden = args.some((arg, index) => arg.startsWith('\0') && (end === -1 || index < end));
  const mayAct = raises.length > 0 || rule.acts !== undefined || rule.outputs !== undefined || rule.reads !== undefined;
  const unknown = hidden && (rule.subcommands ? risk !== 'read' || name === 'git' : mayAct);
  return worst([judged(risk, ''), ...own, ...(unknown ? [judged('destructive', `what ${name} is given is only known then`)] : [])]);
}

function riskOfWritten(file: string, { within }: SimpleCommand): Judged {
  const target = placed(file, within);
  if (isHarmlessTarget(target)) return judged('read', '');
  if (isComputed(file)) return judged('destructive', 'which file it changes is only known then');
  if (isSystemPath(target)) return judged('destructive', `it changes ${target}, a file of the system`);
  if (isTrustedPath(target)) return judged('destructive', `it changes ${target}, which others execute or trust`);
  return judged('read', '');
}

function riskOfFilled(folder: string, { within }: SimpleCommand): Judged {
  const target = placed(folder, within);
  if (isAmongStartup(target)) return judged('destructive', `it fills ${target}, where files lie that start by themselves`);
  return isTrustedPath(target) || isTrustedPath(`${target}/x`)
    ? judged('destructive', `it fills ${target}, which others execute or trust`)
    : judged('read', '');
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

/** Runs a program, or a text, that nothing here has looked into: what it does is not known. */
export function isUnseen(command: SimpleCommand, functions: ReadonlySet<string>): boolean {
  const name = program(command);
  const args = command.words.slice(1);
  if (name === '' || functions.has(name) || isWrapper(name) || programText(name, command) !== undefined) return false;
  if (args.length === 1 && /^(--version|--help)$/.test(args[0]!) && isListed(name)) return false;
  if (packageManagers.test(name) && riskBySubcommand(ruleFor(name)!, args).risk === 'read') return false;
  return !isListed(name) || runners.has(name) || interpreters.has(name);
}

/** What they only show, they show without running anything of the project. */
const packageManagers = /^(npm|yarn|pnpm|pip3?|pipx|uv|poetry|gem)$/;
