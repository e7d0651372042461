import path from 'node:path';
import { lineOf, type GivenCommand } from '../../core/command-class.ts';
import { interpreters, wordSet } from '../../core/commands/names.ts';
import { commandsIn, placesOf } from '../../core/commands/places.ts';
import { isListed } from '../../core/commands/rules.ts';
import { program } from '../../core/commands/wrappers.ts';
import type { Ground } from '../../core/ground.ts';
import { computed } from '../../core/shell-values.ts';
import type { SimpleCommand } from '../../core/shell-words.ts';

/** A file that a command may run or take its orders from. */
export interface CodeWord {
  /** Absolute. */
  file: string;
  /** It is code whatever it looks like: a program, the script of an interpreter. Others only where they look like it. */
  isCertain: boolean;
}

const composeFiles = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

/** What a program reads without being told: `make` its Makefile. */
const ownFiles: Record<string, string[]> = {
  make: ['GNUmakefile', 'makefile', 'Makefile'],
  gmake: ['GNUmakefile', 'makefile', 'Makefile'],
  ninja: ['build.ninja'],
  cmake: ['CMakeLists.txt'],
  just: ['justfile', 'Justfile', '.justfile'],
  rake: ['Rakefile', 'rakefile'],
  npm: ['package.json'],
  npx: ['package.json'],
  yarn: ['package.json'],
  pnpm: ['package.json'],
  bun: ['package.json'],
  cargo: ['Cargo.toml', 'build.rs'],
  gradle: ['build.gradle', 'build.gradle.kts'],
  mvn: ['pom.xml'],
  pytest: ['conftest.py', 'pyproject.toml', 'pytest.ini', 'tox.ini', 'setup.cfg'],
  'docker-compose': composeFiles,
  'docker compose': composeFiles,
  'podman compose': composeFiles,
  'docker build': ['Dockerfile'],
  'podman build': ['Containerfile', 'Dockerfile'],
  vagrant: ['Vagrantfile'],
};

/** Take a file as their orders, beside interpreters, programs that are not known and those above. */
const obeying = wordSet(`ansible-playbook ansible terraform kubectl helm psql mysql mariadb sqlite3 crontab at batch apt apt-get dpkg rpm
  dnf pip pip3 pipx gem go awk gawk mawk nawk sed gdb expect systemd-run source . eval exec git tar find ed ex vi vim nvim emacs`);

const longestName = 4_096;

/** The files of a call's command that are code: its programs and scripts, as words, input and variables name them. */
export function codeWords(given: GivenCommand, ground: Ground): CodeWord[] {
  const { cwd = '.', env = {}, script } = given;
  const place =
    (within: readonly string[]) =>
    ({ file, isCertain }: CodeWord): CodeWord[] =>
      isKnown(file) ? placesOf(file, within, { cwd, ground }).map((at) => ({ file: at, isCertain })) : [];
  const named = commandsIn(given).flatMap((command) => wordsOf(command).flatMap(place(command.within)));
  // A line that cannot be parsed is asked about all the same.
  const unparsed = script !== undefined && !lineOf(given) ? pieces(script).map(maybe) : [];
  return [...named, ...[...unparsed, ...Object.values(env).flatMap(ofValue)].flatMap(place([]))];
}

const certain = (file: string): CodeWord => ({ file, isCertain: true });
const maybe = (file: string): CodeWord => ({ file, isCertain: false });
const isKnown = (file: string): boolean => file !== '' && file.length < longestName && !file.includes(computed) && !file.includes('\0');

function wordsOf(command: SimpleCommand): CodeWord[] {
  const [first = ''] = command.words;
  const name = path.posix.basename(program(command));
  const reads = [name, ...command.words.slice(1).map((verb) => `${name} ${verb}`)].flatMap((one) =>
    Object.hasOwn(ownFiles, one) ? ownFiles[one]! : [],
  );
  const own = ['.', ...foldersOf(command)].flatMap((folder) => reads.map((file) => certain(`${folder}/${file}`)));
  const always = [...(first.includes('/') ? [certain(first)] : []), ...own, ...command.sets.flatMap(({ value }) => ofValue(value))];
  const obeys = interpreters.has(name) || obeying.has(name) || reads.length > 0 || !isListed(name);
  return obeys ? [...always, ...scripts(command, name), ...command.words.slice(1).flatMap(pieces).map(maybe)] : always;
}

/**
 * What an interpreter runs: its first word, or the word after an option, which may be its value or no value at all; and what
 * it is fed, as in `sh < x.sh`, `cat x.sh | sh`, `eval "$(cat x.sh)"`. Of programs that obey a file, the one behind -f.
 */
function scripts({ words, readsFrom, fedBy }: SimpleCommand, name: string): CodeWord[] {
  const args = words.slice(1);
  const isBehind = (option: RegExp, index: number): boolean => option.test(args[index - 1] ?? '');
  if (!interpreters.has(name) && !/^(\.|source|eval)$/.test(name))
    return args.filter((_word, index) => isBehind(/^(-[a-zA-Z]*f|--(file|makefile))$/, index)).map(certain);
  const operands = args.flatMap((word, index) => (/^[-+]/.test(word) ? [] : [{ word, isValue: isBehind(/^[-+]/, index) }]));
  const first = operands.find(({ isValue }) => !isValue);
  const named = operands.filter((one) => one.isValue || one === first).flatMap(({ word }) => mainFiles(word));
  const fed = fedBy.flatMap((one) => [...one.words.slice(1), ...one.readsFrom]);
  return [...named, ...readsFrom, ...fed].map(certain);
}

/** `node x` runs x, x.js, or the main file of the folder x; `python -m x` x.py. */
const mainFiles = (script: string): string[] => [
  script,
  `${script}.js`,
  `${script}.py`,
  ...['package.json', 'index.js', '__main__.py'].map((main) => `${script}/${main}`),
];

/** A word, what follows its option letter, and the words within it, as in a program text. */
const pieces = (word: string): string[] => [...new Set([word, word.replace(/^-[a-zA-Z]/, ''), ...word.split(/[\s'"`;|&<>()=,@]+/)])];

/** `NODE_OPTIONS="--require=x.js"`, `BASH_ENV=x.sh`, `LD_PRELOAD=a.so:b.so`. */
const ofValue = (value: unknown): CodeWord[] => (typeof value === 'string' ? value.split(/[\s:=]+/).map(maybe) : []);

const foldersOf = ({ words }: SimpleCommand): string[] =>
  words.flatMap((word, index) => {
    const joined = /^(?:-C|--(?:directory|prefix|cwd|project-directory)=)(.+)$/.exec(word)?.[1];
    const isNext = /^(-C|-B|-S|--directory|--prefix|--cwd|--project-directory)$/.test(words[index - 1] ?? '');
    return isNext ? [word] : joined === undefined ? [] : [joined];
  });
