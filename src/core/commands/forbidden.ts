import type { SimpleCommand } from '../shell-words.ts';
import { fetchers, interpreters, shells } from './names.ts';
import { isComputed, isDisk, isEverything, placed } from './paths.ts';
import { program } from './wrappers.ts';

/** Why a command must never run, whoever asks: the catastrophic list. */
export function forbiddenCommand(command: SimpleCommand): string | undefined {
  const { words, writesTo, within } = command;
  const name = program(command);
  const args = words.slice(1);
  const hasEverything = args.some((arg) => isEverything(arg, within));
  if (name === 'rm' && has(args, /^--no-preserve-root$/)) return 'It would delete the whole system.';
  if (/^(rm|shred|srm|wipe)$/.test(name) && isRecursive(args) && hasEverything) return 'It would delete the whole system or home.';
  if (
    name === 'find' &&
    has(args, /^-(delete|exec|execdir)$/) &&
    hasEverything &&
    has(args, /^(-delete|rm|shred|unlink)$/) &&
    !isNarrow(args)
  )
    return 'It would delete the whole system or home.';
  const moved = has(args, /^(-t|--target-directory)$/)
    ? args.filter((_arg, index) => !/^(-t|--target-directory)$/.test(args[index - 1] ?? ''))
    : args.slice(0, -1);
  if (name === 'mv' && moved.some((arg) => isEverything(arg, within))) return 'It would move the whole system or home away.';
  if (name.startsWith('mkfs') || name === 'wipefs' || name === 'mke2fs') return 'It would erase a file system.';
  if (erasesDisk(name, args) || writesTo.some((file) => isDisk(placed(file, within)))) return 'It would overwrite a disk.';
  if (/^(chmod|chown|chgrp)$/.test(name) && isRecursive(args) && hasEverything) return 'It would change the rights of the whole system.';
  if (name === 'git' && isForcePush(args)) return 'It would force-push to a default branch.';
  if (name === 'dropdb') return 'It would drop a database.';
  return undefined;
}

const has = (args: readonly string[], pattern: RegExp): boolean => args.some((arg) => pattern.test(arg));
const isRecursive = (args: string[]): boolean => has(args, /^-[a-zA-Z]*[rR]|^--r/);
const isNarrow = (args: string[]): boolean => has(args, /^-(name|iname|path|regex|mtime|size|user|newer|empty|mmin)$/);

function erasesDisk(name: string, args: string[]): boolean {
  if (name === 'dd') return args.some((arg) => arg.startsWith('of=') && isDisk(arg.slice(3)));
  if (/^(tee|cp|mv|install|shred|blkdiscard|badblocks|pv|sponge|truncate)$/.test(name))
    return args.some((arg, index) => isDisk(arg) && (name !== 'cp' || index === args.length - 1));
  return name === 'sgdisk' && has(args, /^(-[a-zA-Z]*[Zo]|--zap)/);
}

function isForcePush(args: string[]): boolean {
  const words = args.filter((arg) => !arg.startsWith('-'));
  const at = words.indexOf('push');
  if (at === -1) return false;
  const forces = has(args, /^(--force.*|-[a-zA-Z]*f[a-zA-Z]*|--mirror)$/) || args.some((arg) => arg.startsWith('+'));
  const names = words.slice(at + 2);
  const deletes = has(args, /^(-d|--delete)$/) || names.some((name) => name.startsWith(':'));
  return (forces && names.length === 0) || ((forces || deletes) && names.some((name) => defaultBranch.test(name)));
}

const defaultBranch = /^\+?(.*:)?(refs\/heads\/)?(main|master|trunk|HEAD)$/;

/** What only the commands together show: a download that becomes a program, a database that is dropped. */
export function forbiddenTogether(commands: SimpleCommand[]): string | undefined {
  if (commands.some(runsTheNetwork)) return 'It would run whatever the network sends.';
  const speaksSql = commands.some((command) => sqlClient.test(program(command)));
  return speaksSql && commands.some(dropsDatabase) ? 'It would drop a database.' : undefined;
}

const sqlClient = /^(psql|mysql|mariadb|sqlite3|mongo|mongosh|clickhouse-client|cockroach|sqlcmd|usql|pgcli|mycli|mysqladmin)$/;

const dropsDatabase = ({ words, stdin = '' }: SimpleCommand): boolean => saysDrop([...words, stdin].join(' ')) || words.includes('drop');

const longestRead = 20_000;

/** In any case and spacing, SQL comments counted as spaces. */
export const saysDrop = (text: string): boolean =>
  /\bdrop\s+(database|schema)\b|\bdropDatabase\s*\(/i.test(
    text
      .slice(0, longestRead)
      .replace(/\/\*[^]*?\*\//g, ' ')
      .replace(/--[^\n]*\n/g, ' '),
  );

function runsTheNetwork(command: SimpleCommand): boolean {
  const name = program(command);
  const isReader = interpreters.has(name) || name === 'eval' || name === 'source' || name === '.' || name === 'xargs';
  if (!isReader || !command.fedBy.some((one) => fetchers.has(program(one)))) return false;
  if (command.words.slice(1).some(isComputed) || name === 'eval') return true;
  return (
    command.isPiped &&
    (shells.has(name) || command.words.slice(1).every((word) => /^(-|--|-[a-zA-Z]*s[a-zA-Z]*|-u|-)$/.test(word) || !/^-[cem]$/.test(word)))
  );
}

/** Forms that are recognised by their text, for lines that cannot be parsed. */
export function forbiddenText(whole: string): string | undefined {
  const script = whole.slice(0, longestRead);
  if (/(?<!\w)(\w+|:)\s*\(\s*\)\s*\{[^}]*\1\s*\|\s*\1\s*&[^}]*\}\s*;?\s*\1/.test(script)) return 'It is a fork bomb.';
  if (/\b(sh|bash|zsh|dash)\b[^|;&]*(<\s*\(|\$\(|`)\s*(curl|wget)\b/.test(script)) return 'It would run whatever the network sends.';
  if (/\b(curl|wget)\b[^;&\n]*\|\s*(sudo\s+)?(ba|z|da|k|a)?sh\b/.test(script)) return 'It would run whatever the network sends.';
  if (/\brm\s+(-[a-zA-Z]+\s+)*(\/|~|\$HOME)\/?(\s|;|$)/.test(script)) return 'It would delete the whole system or home.';
  return undefined;
}
