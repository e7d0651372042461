import { classify } from '../../core/command-class.ts';
import type { Risk } from '../../core/tool.ts';

const set = (text: string): Set<string> => new Set(text.split(/\s+/));

/** Their words say all that they do. A rule fixes every word of them. */
const plain = set('rm rmdir unlink mv cp ln mkdir touch truncate chmod chown mount umount kill pkill killall shutdown reboot poweroff');

/** Verbs that run nothing but what they name and are undone by another: a rule may leave the names after them open. */
const open: Record<string, Set<string>> = {
  systemctl: set('start stop restart reload disable mask unmask reset-failed'),
  docker: set('start stop restart kill pause unpause'),
  podman: set('start stop restart kill pause unpause'),
  apt: set('install'),
  'apt-get': set('install'),
};

/** Verbs whose names decide how much is lost, or what is let in: a rule fixes every word. */
const closed: Record<string, Set<string>> = {
  systemctl: set('enable daemon-reload isolate'),
  docker: set('rm rmi pull'),
  podman: set('rm rmi pull'),
  kubectl: set('delete scale cordon uncordon drain'),
  apt: set('remove purge autoremove upgrade update'),
  'apt-get': set('remove purge autoremove upgrade update'),
  ufw: set('allow deny delete enable disable reload'),
  zfs: set('snapshot destroy rollback'),
};

const has = (verbs: Record<string, Set<string>>, program: string, verb: string): boolean =>
  Object.hasOwn(verbs, program) && verbs[program]!.has(verb);

/** A unit, a container, a package: no path, no address, no group of them, no `name-` that removes, no target that ends the machine. */
const isName = (word: string): boolean => /^\w[\w.@:+-]*$/.test(word) && !/([-+]|\.target)$/.test(word);

/**
 * Why no standing rule may be made for a command, or undefined. Interpreters, wrappers, programs that run
 * others and programs not known here are left out by naming what is in.
 */
export function ruleRefusal(argv: string[], fixedWords: number): string | undefined {
  const [program = '', verb = ''] = argv;
  const verbs = [open, closed].flatMap((one) => (Object.hasOwn(one, program) ? [...one[program]!] : []));
  if (!plain.has(program) && verbs.length === 0) return `what ${JSON.stringify(program.slice(0, 40))} does is not said by its words alone`;
  const { forbidden, persists } = classify({ command: argv });
  if (forbidden !== undefined) return 'it is never allowed';
  if (persists && program !== 'systemctl') return 'it leaves something that acts later, and what that holds is not said by its words';
  if (plain.has(program)) return fixedWords < argv.length ? `a rule for ${program} fixes every word` : undefined;
  if (!verbs.includes(verb)) return `${program} needs one of these as its first word: ${verbs.join(', ')}`;
  if (has(closed, program, verb)) return fixedWords < argv.length ? `a rule for ${program} ${verb} fixes every word` : undefined;
  if (program.startsWith('apt') && argv.some((word) => word.includes('/')))
    return 'it installs from a file or an address, which may hold anything by then';
  return fixedWords < 2 ? 'a rule fixes at least the program and its verb' : undefined;
}

/** Whether `argv` is `prefix` and then only names: a further option could change what the command does. */
export function isCovered(argv: string[], { prefix, risk }: { prefix: string[]; risk: Risk }): boolean {
  const begins = prefix.every((word, index) => argv[index] === word);
  const names = argv.slice(prefix.length);
  const [program = '', verb = ''] = prefix;
  if (!begins || !has(open, program, verb) || !names.every(isName)) return false;
  const { risk: found, forbidden } = classify({ command: argv });
  return forbidden === undefined && rank[found] <= rank[risk];
}

const rank: Record<Risk, number> = { read: 0, write: 1, destructive: 2 };
