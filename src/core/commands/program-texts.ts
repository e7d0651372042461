import { isComputed } from './paths.ts';
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

/** `e` runs a command, `w` and `r` touch files, `-f` reads the script from elsewhere (GNU sed manual, 3.8 and 3.3). */
function sed(args: string[]): Risk {
  if (args.some((arg) => /^(-[a-zA-Z]*f|--file)/.test(arg) || isComputed(arg))) return 'destructive';
  const isInPlace = args.some((arg) => /^(-[a-zA-Z]*i|--in-place)/.test(arg));
  const given = args.flatMap((arg, index) => (/^(-[a-zA-Z]*e|--expression)$/.test(args[index - 1] ?? '') ? [arg] : []));
  const scripts = given.length > 0 ? given : args.filter((arg) => !arg.startsWith('-')).slice(0, 1);
  if (scripts.some((script) => sedRuns.test(script) || sedFlags.test(script))) return 'destructive';
  return isInPlace ? 'write' : 'read';
}

const sedRuns = /(^|[;{}\n]|\d|\$|\/[IM]?)\s*!?\s*[ewW](\s|$|;)/;
const sedFlags = /s(.)(?:\\.|(?!\1)[^\\])*\1(?:\\.|(?!\1)[^\\])*\1[gpiIm\d]*[ew]/;

/** `system()`, pipes and redirections in the program; `-f`, `-i` and `-l` bring other programs or write (gawk manual). */
function awk(args: string[]): Risk {
  if (args.some((arg) => /^(-[a-zA-Z]*[fiElLop]|--(file|include|load|exec|inplace|profile|pretty))/.test(arg) && !arg.startsWith('-F')))
    return 'destructive';
  const text = args.filter((arg, index) => !arg.startsWith('-') && !/^-[vF]$/.test(args[index - 1] ?? ''))[0] ?? '';
  return isComputed(text) ||
    /system\s*\(|getline|\||@|print[^;}]*>|close\s*\(/.test(text.replace(/\|\|/g, '').replace(/\/(?:\\.|[^/\n])*\//g, ''))
    ? 'destructive'
    : 'read';
}

/** Only statements that read, one after another, and nothing else on the line. */
function sql(name: string, args: string[]): Risk {
  const flag = name === 'psql' ? /^(-c|--command)$/ : name === 'sqlite3' ? /^$/ : /^(-e|--execute)$/;
  const texts =
    name === 'sqlite3'
      ? args.filter((arg) => !arg.startsWith('-')).slice(1)
      : args.flatMap((arg, index) => (flag.test(args[index - 1] ?? '') ? [arg] : []));
  if (args.length > 0 && args.every((arg) => /^(-l|--list|-U|-h|\w+)$/.test(arg)) && name === 'psql' && /-l/.test(args.join(' ')))
    return 'read';
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
