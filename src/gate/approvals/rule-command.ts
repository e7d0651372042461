import { classify } from '../../core/command-class.ts';
import type { Risk } from '../../core/tool.ts';

const set = (text: string): Set<string> => new Set(text.split(/\s+/));

/** Their words say all that they do. A rule fixes every word of them. */
const plain = set('rm rmdir unlink mv cp ln mkdir touch truncate chmod chown mount umount kill pkill killall shutdown reboot poweroff');

/** Programs with verbs, and the verbs that run nothing but what they name. A rule may leave the names after the verb open. */
const verbs: Record<string, Set<string>> = {
  systemctl: set('start stop restart reload enable disable mask unmask reset-failed daemon-reload isolate'),
  docker: set('start stop restart kill pause unpause rm rmi pull'),
  podman: set('start stop restart kill pause unpause rm rmi pull'),
  kubectl: set('delete scale cordon uncordon drain'),
  apt: set('install remove purge autoremove upgrade update'),
  'apt-get': set('install remove purge autoremove upgrade update'),
  ufw: set('allow deny delete enable disable reload'),
  zfs: set('snapshot destroy rollback'),
};

/**
 * Why no standing rule may be made for a command, or undefined. Interpreters, wrappers, programs that run
 * others and programs not known here are left out by naming what is in.
 */
export function ruleRefusal(argv: string[], fixedWords: number): string | undefined {
  const [program = '', verb = ''] = argv;
  if (!plain.has(program) && !Object.hasOwn(verbs, program))
    return `what ${JSON.stringify(program.slice(0, 40))} does is not said by its words alone`;
  if (classify({ command: argv }).forbidden !== undefined) return 'it is never allowed';
  if (plain.has(program)) return fixedWords < argv.length ? `a rule for ${program} fixes every word` : undefined;
  if (!verbs[program]!.has(verb)) return `${program} needs one of these as its first word: ${[...verbs[program]!].join(', ')}`;
  return fixedWords < 2 ? 'a rule fixes at least the program and its verb' : undefined;
}

/** Whether `argv` is `prefix` and then only names: a further option could change what the command does. */
export function isCovered(argv: string[], { prefix, risk }: { prefix: string[]; risk: Risk }): boolean {
  const begins = prefix.every((word, index) => argv[index] === word);
  const names = argv.slice(prefix.length);
  const isPlain = names.every((word) => word !== '' && !word.startsWith('-'));
  if (!begins || !isPlain) return false;
  const { risk: found, forbidden } = classify({ command: argv });
  return forbidden === undefined && rank[found] <= rank[risk];
}

const rank: Record<Risk, number> = { read: 0, write: 1, destructive: 2 };
