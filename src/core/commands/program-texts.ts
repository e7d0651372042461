import { awkActs } from './awk-text.ts';
import { wordSet } from './names.ts';
import { hasOption, operandsOf, optionsIn } from './options.ts';
import { isComputed } from './paths.ts';
import { sedPower } from './sed-text.ts';
import type { SimpleCommand } from '../shell-words.ts';
import type { Risk } from '../tool.ts';

/** A longer program is not read: that takes time. */
const longestText = 5_000;

/** The class of programs whose argument is a small program itself: sed, awk, SQL. Undefined for all others. */
export function programText(name: string, { words, stdin, isPiped }: SimpleCommand): Risk | undefined {
  const args = words.slice(1);
  if (/^(g?sed|[gmn]?awk|psql|mysql|mariadb|sqlite3)$/.test(name) && args.some((arg) => arg.length > longestText)) return 'destructive';
  if (/^g?sed$/.test(name)) return sed(args);
  if (/^[gmn]?awk$/.test(name)) return awk(args);
  if (/^(psql|mysql|mariadb|sqlite3)$/.test(name)) return stdin === undefined && !isPiped ? sql(name, args) : 'destructive';
  if (/^python3?$/.test(name) && args[0] === '-m' && args[1] === 'json.tool' && args.length < 4) return 'read';
  if (/^node(js)?$|^python3?$|^php$|^ruby$|^perl$/.test(name) && args.length === 1 && /^(-v|-V|--version)$/.test(args[0]!)) return 'read';
  return undefined;
}

/** The script is read; `-f` reads one from elsewhere (GNU sed manual, 2.2). */
function sed(given: string[]): Risk {
  // What stands behind `-i` is the ending of backups.
  const args = given.map((arg) => (/^-[nrEsuz]*i/.test(arg) ? '-i' : arg));
  if (hasOption(args, 'f file') || args.some(isComputed)) return 'destructive';
  const told = optionsIn(args, 'e expression').map(({ value = '' }) => value);
  const scripts = told.length > 0 ? told.join('\n') : (operandsOf(args, undefined)[0] ?? '');
  if (sedPower(scripts) === 'acts') return 'destructive';
  return hasOption(args, 'i in-place') ? 'write' : 'read';
}

/** `system()`, pipes and redirections in the program; `-f`, `-i` and `-l` bring other programs or write (gawk manual, 2.2). */
function awk(args: string[]): Risk {
  if (
    hasOption(
      args.filter((arg) => !/^-[vF]/.test(arg)),
      awkFiles,
    )
  )
    return 'destructive';
  const operands = operandsOf(args, awkValued);
  // A long option may have its value in the next word, so then the program is looked for in each.
  const texts = args.some((arg) => /^--\w[^=]*$/.test(arg)) ? operands : operands.slice(0, 1);
  return texts.length === 0 || texts.some((text) => isComputed(text) || awkActs(text)) ? 'destructive' : 'read';
}

const awkValued = wordSet('-v -F');
const awkFiles = 'f i E l L o p D d W file include load exec lint inplace profile pretty-print dump-variables debug source';

/** Only statements that read, one after another, and nothing else on the line. */
function sql(name: string, args: string[]): Risk {
  const flag = name === 'psql' ? /^(-c|--command)$/ : name === 'sqlite3' ? /^$/ : /^(-e|--execute)$/;
  const texts =
    name === 'sqlite3'
      ? args.filter((arg) => !arg.startsWith('-')).slice(1)
      : args.flatMap((arg, index) => (flag.test(args[index - 1] ?? '') ? [arg] : []));
  if (args.length > 0 && args.every((arg) => /^(-l|--list|-U|-h|\w+)$/.test(arg)) && name === 'psql' && /-l/.test(args.join(' ')))
    return 'read';
  // The client of MySQL reads its own commands, such as `\!`, anywhere in a statement.
  if (name !== 'psql' && texts.some((text) => text.includes('\\'))) return 'destructive';
  if (texts.length === 0 || texts.some(isComputed) || args.some((arg) => /^(-f|--file|-init|-cmd|-A|--init-command.*)$/.test(arg)))
    return 'destructive';
  return texts.every((text) => text.split(';').every((part) => readsOnly.test(part.trim()) && !writesInside.test(part)))
    ? 'read'
    : 'destructive';
}

const readsOnly =
  /^(|select\b[^]*|show\b[^]*|explain select\b[^]*|describe\b[^]*|desc\b[^]*|\.(tables|schema|databases|indexes)[^|]*|\\(d[a-z+]*|l\+?|conninfo)(\s+[\w.*]+)?|pragma \w+(\(\w+\))?)$/i;
const writesInside =
  /\binto\b|\b(pg_(read|write|ls)\w*|lo_\w+|load_file|load_extension|writefile|readfile|edit|sleep|dblink\w*|pg_terminate\w*|setval|nextval|delete|update|insert|drop|alter|truncate|copy)\b/i;
