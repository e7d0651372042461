import path from 'node:path';
import { destroyers, interpreters, runners, shells, wordSet } from './names.ts';
import { isListed, ruleFor } from './rules.ts';
import { readShell, type SimpleCommand } from '../shell-words.ts';
import { optionsIn } from './options.ts';
import { computed } from '../shell-values.ts';

/** What stands for a command that cannot be looked into, with the reason. */
export interface Unclear {
  unclear: string;
}

export type Opened = SimpleCommand | Unclear;

export const isClear = (one: Opened): one is SimpleCommand => !('unclear' in one);

export const program = ({ words }: Pick<SimpleCommand, 'words'>): string => nameOf(words[0] ?? '');

// Where the system keeps its programs; elsewhere a file called `ls` may be anything.
const systemFolder = /^\/(usr\/(local\/)?)?s?bin\/|^\/snap\/bin\/|^\/opt\/homebrew\/bin\//;

const nameOf = (word: string): string =>
  systemFolder.test(word) && path.posix.normalize(word) === word ? path.posix.basename(word) : word;

/** Options of a wrapper that take a value in the next word, and how many words of its own follow them. */
const wrappers: Record<string, { valued: ReadonlySet<string>; own?: number }> = {
  sudo: { valued: wordSet('-u -g -h -p -C -T -r -t -R -D --user --group --chdir') },
  doas: { valued: wordSet('-u -C') },
  env: { valued: wordSet('-u -C -a --unset --chdir --argv0') },
  nice: { valued: wordSet('-n') },
  ionice: { valued: wordSet('-c -n -p') },
  nohup: { valued: wordSet('') },
  setsid: { valued: wordSet('') },
  time: { valued: wordSet('-f -o') },
  timeout: { valued: wordSet('-s -k --signal --kill-after'), own: 1 },
  stdbuf: { valued: wordSet('-i -o -e') },
  taskset: { valued: wordSet(''), own: 1 },
  chrt: { valued: wordSet('-T -P -D'), own: 1 },
  flock: { valued: wordSet('-w -E'), own: 1 },
  xargs: { valued: wordSet('-a -d -E -I -L -n -P -s --max-args --max-procs --replace') },
  watch: { valued: wordSet('-n --interval') },
  command: { valued: wordSet('') },
  builtin: { valued: wordSet('') },
  exec: { valued: wordSet('-a') },
  busybox: { valued: wordSet('') },
  toybox: { valued: wordSet('') },
  chronic: { valued: wordSet('') },
  caffeinate: { valued: wordSet('-t -w') },
  runcon: { valued: wordSet('-t -u -r -l --type --user --role --range') },
  setarch: { valued: wordSet(''), own: 1 },
  linux32: { valued: wordSet('') },
  linux64: { valued: wordSet('') },
  prlimit: { valued: wordSet('-p -o --pid --output') },
  choom: { valued: wordSet('-n -p --adjust --pid') },
  'systemd-cat': { valued: wordSet('-t -p --identifier --priority --stderr-priority --level-prefix') },
  'systemd-inhibit': { valued: wordSet('--what --who --why --mode') },
  unbuffer: { valued: wordSet('') },
  rlwrap: { valued: wordSet('-f -H -p -s -t') },
  fakeroot: { valued: wordSet('-l -s -i -b') },
  faketime: { valued: wordSet(''), own: 1 },
  eatmydata: { valued: wordSet('') },
  gosu: { valued: wordSet(''), own: 1 },
  'su-exec': { valued: wordSet(''), own: 1 },
};

export const isWrapper = (name: string): boolean => Object.hasOwn(wrappers, name);

const deepest = 8;

/** The commands that really run: `sudo env A=1 sh -c 'x | y'` is x and y. */
export function opened(command: SimpleCommand, depth = 0): Opened[] {
  if (depth > deepest) return [{ unclear: 'it is nested too deeply' }];
  if (command.words.length === 0) return [command];
  const name = program(command);
  const into = (words: string[], rest: Partial<SimpleCommand> = {}): Opened[] => opened({ ...command, ...rest, words }, depth + 1);
  if (name === 'find') return [command, ...findCommands(command.words).flatMap((words) => into(words))];
  if (name === 'ssh') return [command, ...remote(command, depth)];
  if (name === 'docker' || name === 'podman' || name === 'docker-compose') return inContainer(command, into);
  if (name === 'eval')
    return [{ ...command, words: ['eval'] }, ...fromText(command, command.words.slice(1).join(' '), depth)].filter(isNeeded);
  if (name === 'alias') return command.words.slice(1).flatMap((word) => fromText(command, word.replace(/^[^=]*=?/, ''), depth));
  if (name === 'trap') return fromText(command, command.words[1] === '-' ? '' : (command.words[1] ?? ''), depth);
  if (name === 'su' || name === 'runuser' || name === 'script') return [command, ...withFlag(command, '-c', depth)];
  if ((name === 'npx' || name === 'bunx') && isTool(command.words))
    return into(command.words.slice(command.words[1] === '--no-install' ? 2 : 1));
  if (shells.has(name)) return fromShell(command, depth);
  const wrapper = Object.hasOwn(wrappers, name) ? wrappers[name] : undefined;
  if (command.words.length === 1) return [command];
  if (!wrapper) return isListed(name) ? [command] : [command, ...startedBy(command, into)];
  return unwrapped(command, { wrapper, into, depth });
}

/** `npx vitest`: a tool of the project, by a name that is known; any other could be fetched from anywhere. */
const isTool = ([, first = '', second = '']: string[]): boolean => runners.has(first === '--no-install' ? second : first);

interface Unwrapping {
  wrapper: { valued: ReadonlySet<string>; own?: number };
  into: (words: string[], rest?: Partial<SimpleCommand>) => Opened[];
  depth: number;
}

function unwrapped(command: SimpleCommand, { wrapper, into, depth }: Unwrapping): Opened[] {
  const name = program(command);
  const { words } = command;
  if (name === 'command' && /^-[vV]+$/.test(words[1] ?? '')) return [{ ...command, words: ['true'] }];
  if (name === 'env') {
    const split = words.findIndex((word) => /^(-[a-zA-Z]*S|--s[a-z-]*)/.test(word));
    if (split !== -1)
      return fromText(command, [words[split]!.replace(/^(-[a-zA-Z]*S|--s[a-z-]*=?)/, ''), ...words.slice(split + 1)].join(' '), depth);
  }
  if (name === 'sudo' && words.some((word, index) => index < 4 && /^(-[a-zA-Z]*[eis]|--edit|--login|--shell)$/.test(word)))
    return [{ unclear: 'sudo opens a shell or an editor' }];
  const [at, sets] = ownWords(words, wrapper);
  const rest = words.slice(at);
  const around: Partial<SimpleCommand> = { sets: [...command.sets, ...sets], ...placesOf(command, words.slice(1, at)) };
  if (name === 'flock' && /^(-c|--c[a-z]*)$/.test(rest[0] ?? '')) return fromText({ ...command, ...around }, rest[1] ?? '', depth);
  // Without a command, `ionice -p` and its kin change a running process.
  if (rest.length === 0) return [{ ...command, ...around, words: [adjusting.test(name) && words.length > 2 ? 'renice' : 'true'] }];
  // What xargs adds is the output of others.
  if (name === 'xargs') return into([...rest.map((word) => filledBy(words.slice(1, at), word)), computed], around);
  if (name === 'watch') return fromText({ ...command, ...around }, rest.join(' '), depth);
  return into(rest, around);
}

/** A word of the command that xargs runs, with what it reads in place of its marks. */
function filledBy(own: string[], word: string): string {
  const told = optionsIn(own, 'I').map(({ value = '' }) => value);
  const marks = ['{}', ...told, ...own.flatMap((option) => /^(?:-i|--replace=)(.+)$/.exec(option)?.[1] ?? [])];
  return marks.filter(Boolean).reduce((text, mark) => text.replaceAll(mark, computed), word);
}

const adjusting = /^(ionice|taskset|chrt|prlimit|choom)$/;

/** Where a wrapper goes, and what it writes itself: `env -C folder`, `time -o file`. */
function placesOf({ words, within, writesTo }: SimpleCommand, own: string[]): Partial<SimpleCommand> {
  const told = (spec: string): string[] => optionsIn(own, spec).flatMap(({ value }) => value ?? []);
  const name = program({ words });
  if (name === 'env') return { within: [...told('C chdir'), ...within] };
  if (name === 'sudo') return { within: [...told('D chdir'), ...within] };
  return name === 'time' ? { writesTo: [...writesTo, ...told('o output')] } : {};
}

/** A program that is not known may start the one that its arguments name: `unbuffer git push --force`. */
function startedBy({ words }: SimpleCommand, into: Unwrapping['into']): Opened[] {
  const at = words.findIndex((word, index) => index > 0 && mayBeStarted(nameOf(word)));
  return at === -1 ? [] : into(words.slice(at));
}

const mayBeStarted = (name: string): boolean =>
  destroyers.has(name) ||
  interpreters.has(name) ||
  isWrapper(name) ||
  writesOperands.test(name) ||
  (ruleFor(name) !== undefined && ruleFor(name)!.interactive === undefined);

const writesOperands = /^(tee|touch|mkdir|link|gzip|xz|bzip2|zstd|mkfifo|eval|source|xargs|export)$/;

function ownWords(words: string[], { valued, own = 0 }: { valued: ReadonlySet<string>; own?: number }): [number, SimpleCommand['sets']] {
  const sets: SimpleCommand['sets'] = [];
  let at = 1;
  while (at < words.length) {
    const word = words[at]!;
    if (word === '--') return [at + 1 + own, sets];
    const assignment = /^([A-Za-z_]\w*)=([^]*)$/.exec(word);
    if (word.startsWith('-')) at += takesNext(word, valued) ? 2 : 1;
    else if (assignment) {
      sets.push({ name: assignment[1]!, value: assignment[2]! });
      at += 1;
    } else break;
  }
  return [at + own, sets];
}

/** Whether an option has its value in the next word: as listed, shortened (`--us`), or last of a cluster (`-nu`). */
function takesNext(word: string, valued: ReadonlySet<string>): boolean {
  if (valued.has(word)) return true;
  if (word.startsWith('--')) return word.length > 3 && !word.includes('=') && [...valued].some((one) => one.startsWith(word));
  const letters = word.slice(1).split('');
  return letters.length > 1 && letters.findIndex((letter) => valued.has(`-${letter}`)) === letters.length - 1;
}

/** A text that the shell reads as commands. */
function fromText(command: SimpleCommand, text: string, depth: number): Opened[] {
  if (text.includes(computed)) return [{ unclear: 'a shell runs text that is only known then' }];
  const inner = readShell(text);
  if (!inner) return [{ unclear: 'a shell runs text that cannot be parsed' }];
  const around = ({ within, fedBy, isPiped }: SimpleCommand): Partial<SimpleCommand> => ({
    within: [...within, ...command.within],
    fedBy: [...fedBy, ...command.fedBy],
    isPiped: isPiped || command.isPiped,
  });
  if (inner.isForkBomb) return [{ unclear: 'it is a fork bomb' }];
  // What the shell itself was given stays: variables and files.
  const own = command.sets.length + command.writesTo.length > 0 ? [{ ...command, words: ['{'] }] : [];
  return [...own, ...inner.commands.flatMap((one) => opened({ ...one, ...around(one) }, depth + 1))];
}

function withFlag(command: SimpleCommand, flag: string, depth: number): Opened[] {
  const at = command.words.indexOf(flag);
  return at === -1 ? [] : fromText(command, command.words[at + 1] ?? '', depth);
}

/** `sh -c TEXT`, `sh <<< TEXT`, `echo TEXT | sh`: the text is read; anything else a shell runs cannot be. */
function fromShell(command: SimpleCommand, depth: number): Opened[] {
  const { words, stdin } = command;
  if (words.length === 2 && /^(--version|--help)$/.test(words[1]!)) return [{ ...command, words: ['true'] }];
  const flag = words.findIndex((word, index) => index > 0 && /^-[a-zA-Z]*c$/.test(word));
  const options = words.slice(1, flag === -1 ? undefined : flag);
  if (options.some((word) => /^--(rcfile|init-file)/.test(word) || word.includes(computed)))
    return [command, { unclear: 'a shell runs a file or text that is only known then' }];
  // Options may follow `-c`; what they take, if anything, cannot be told from the text.
  if (flag !== -1 && /^[-+]/.test(words[flag + 1] ?? '')) return [command, { unclear: 'a shell gets options behind -c' }];
  if (flag !== -1) return [command, ...fromText(command, words[flag + 1] ?? '', depth)].filter(isNeeded);
  const isBare = options.every((word) => /^[-+]/.test(word));
  if (isBare && stdin !== undefined) return [command, ...fromText(command, stdin, depth)].filter(isNeeded);
  const spoken = isBare ? spokenText(command) : undefined;
  if (spoken !== undefined) return fromText(command, spoken, depth);
  return [command, { unclear: isBare ? 'a shell runs what it is given' : 'a shell runs a file' }];
}

/** A shell whose text was read is judged by that text; where it was not, the shell itself says where the text came from. */
const isNeeded = (one: Opened, _index: number, all: Opened[]): boolean =>
  'unclear' in one || !(shells.has(program(one)) || program(one) === 'eval') || all.some((other) => 'unclear' in other);

/** What `echo TEXT |` says to a shell. */
function spokenText({ fedBy }: SimpleCommand): string | undefined {
  const [only] = fedBy;
  if (fedBy.length !== 1 || !only || !/^(echo|printf)$/.test(program(only))) return undefined;
  const text = only.words.slice(1).join(' ');
  return /[\\%\0]/.test(text) ? undefined : text;
}

function findCommands(words: string[]): string[][] {
  const starts = words.flatMap((word, index) => (/^-(exec|execdir|ok|okdir)$/.test(word) ? [index + 1] : []));
  return starts.map((start) => {
    const end = words.findIndex((word, index) => index >= start && (word === ';' || word === '+'));
    return words.slice(start, end === -1 ? undefined : end).map((word) => word.replaceAll('{}', computed));
  });
}

/** `ssh host command`: the words are joined and read by a shell there. */
function remote(command: SimpleCommand, depth: number): Opened[] {
  const [at] = ownWords(command.words, { valued: wordSet('-b -B -c -D -e -E -F -i -I -J -L -l -m -O -o -p -P -Q -R -S -W -w'), own: 1 });
  const text = command.words.slice(at).join(' ');
  return text === '' ? [{ unclear: 'ssh opens a shell' }] : fromText(command, text, depth);
}

/** `docker exec [options] name command`: the command runs in the container. */
function inContainer(command: SimpleCommand, into: Unwrapping['into']): Opened[] {
  const at = command.words.findIndex((word) => word === 'exec');
  const isExec =
    at === 1 || (at === 2 && /^(container|compose)$/.test(command.words[1]!)) || (at > 0 && program(command) === 'docker-compose');
  if (!isExec) return [command];
  const rest = ['exec', ...command.words.slice(at + 1)];
  if (rest.includes('--privileged')) return [command];
  const [start, sets] = ownWords(rest, { valued: wordSet('-e -u -w --env --user --workdir --env-file --index'), own: 1 });
  const inner = rest.slice(start);
  if (inner.length === 0) return [command];
  return interpreters.has(nameOf(inner[0]!)) && inner.length === 1
    ? [{ unclear: 'it opens a shell in the container' }]
    : into(inner, { sets, within: [] });
}
