import path from 'node:path';
import { parseShell, type SimpleCommand } from './shell-words.ts';
import type { Risk } from './tool.ts';

export interface CommandVerdict {
  risk: Risk;
  /** Why it must never run, whoever asks. */
  forbidden?: string;
  /** Leaves something that acts later: crontab, units, shell start-up files. */
  persists: boolean;
  /** Talks to other machines. */
  sends: boolean;
}

const set = (text: string): Set<string> => new Set(text.split(/\s+/));

const readers = set(`arch awk basename cal cat cksum cmp comm cut date df diff dig dirname dmesg du echo expr false file find free
  getent getconf grep egrep fgrep groups head hexdump hostname host id ifconfig iostat ip jq join journalctl last less ls lsblk
  lscpu lsmem lsof lspci lsusb man md5sum more mount netstat nl nproc nslookup od pgrep ping pidof pmap printenv printf ps pstree
  pwd readlink realpath rev rg sar seq sha1sum sha256sum sha512sum sleep sort ss stat strings tac tail test [ top tr traceroute
  tree true tty type uname uniq uptime vmstat w wc whereis which who whoami yes zcat zgrep sensors sed lsb_release tput locale`);
const writers = set(`mkdir touch cp mv ln tee install tar gzip gunzip zip unzip xz zstd bzip2 patch split rsync scp make cmake
  npm npx yarn pnpm pip pip3 cargo go wget curl git docker podman kubectl systemctl service apt apt-get dnf yum brew snap chmod
  chown chgrp setfacl crontab at ssh sftp nc mail sendmail export cd set unset alias source logger renice nice nohup timeout`);
const destroyers = set(`rm rmdir unlink shred dd mkfs wipefs fdisk parted sgdisk mkswap shutdown reboot poweroff halt init
  telinit kill pkill killall userdel groupdel usermod passwd truncate iptables nft ufw umount swapoff lvremove vgremove pvremove
  zfs zpool btrfs mdadm cryptsetup dropdb redis-cli psql mysql sqlite3 mongosh visudo eval exec chroot unshare su`);
const interpreters = set(
  'sh bash dash zsh ksh fish ash csh tcsh python python2 python3 node nodejs deno bun perl ruby php lua osascript pwsh busybox',
);
/** Programs that run the command given to them, after this many words of their own. */
const wrappers = set(
  'sudo doas env nice nohup time timeout xargs stdbuf setsid ionice command builtin watch strace ssh chronic caffeinate',
);

const rank: Record<Risk, number> = { read: 0, write: 1, destructive: 2 };
const worst = (risks: Risk[]): Risk => risks.reduce((a, b) => (rank[b] > rank[a] ? b : a), 'read');

/** An argument vector, as execve would get it. */
export const classifyArgv = (argv: string[]): CommandVerdict => verdictOf([{ words: argv, writesTo: [], isPiped: false }]);

/** A line for `sh -c`. What cannot be parsed counts as destructive. */
export function classifyScript(script: string): CommandVerdict {
  const forbidden = forbiddenText(script);
  const commands = parseShell(script);
  if (!commands) return { risk: 'destructive', persists: true, sends: true, ...(forbidden && { forbidden }) };
  const verdict = verdictOf(commands);
  return forbidden ? { ...verdict, forbidden } : verdict;
}

function verdictOf(commands: SimpleCommand[]): CommandVerdict {
  const inner = commands.flatMap(unwrapped);
  const known = inner.filter((command): command is SimpleCommand => command !== 'unclear');
  const forbidden = known.map(forbiddenCommand).find((reason) => reason !== undefined) ?? pipedIntoShell(known);
  const risk = worst([...known.map(riskOfCommand), ...(known.length < inner.length ? (['destructive'] as const) : [])]);
  return {
    risk,
    persists: known.length < inner.length || known.some(leavesSomething),
    sends: known.length < inner.length || known.some(({ words }) => reachesOut.has(program(words))),
    ...(forbidden !== undefined && { forbidden }),
  };
}

const reachesOut = set('curl wget ssh scp sftp rsync nc mail sendmail git npm docker podman kubectl');

const program = (words: string[]): string => path.basename(words[0] ?? '');

/** The commands that really run: `sudo env A=1 sh -c 'x | y'` is x and y. */
function unwrapped(command: SimpleCommand, depth = 0): (SimpleCommand | 'unclear')[] {
  if (depth > 8) return ['unclear'];
  const words = command.words.slice(command.words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word)));
  const name = program(words);
  const again = (rest: string[]): (SimpleCommand | 'unclear')[] =>
    rest.length === 0 ? ['unclear'] : unwrapped({ ...command, words: rest }, depth + 1);
  if (name === 'find') return [{ ...command, words }, ...findCommands(words).flatMap((rest) => again(rest))];
  if (interpreters.has(name)) return fromInterpreter(words, command, depth);
  if (!wrappers.has(name) || words.length === 1) return [{ ...command, words }];
  if (name === 'ssh') return [{ ...command, words }, 'unclear'];
  const own = ownWords(name, words);
  if (own === words.length) return name === 'env' || name === 'sudo' ? [{ ...command, words: ['true'] }] : ['unclear'];
  return again(words.slice(own));
}

/** How many words belong to the wrapper: itself, its options and their values, assignments, one number for timeout. */
function ownWords(name: string, words: string[]): number {
  const withValue = set('-u -g -n -k -s -I -P -L -d -a -C -i -o -e -p');
  let at = 1;
  while (at < words.length) {
    const word = words[at]!;
    if (word === '--') return at + 1;
    if (word.startsWith('-')) at += withValue.has(word) ? 2 : 1;
    else if (/^[A-Za-z_]\w*=/.test(word)) at += 1;
    else break;
  }
  return name === 'timeout' ? at + 1 : at;
}

function fromInterpreter(words: string[], command: SimpleCommand, depth: number): (SimpleCommand | 'unclear')[] {
  const isShell = program(words).endsWith('sh');
  const flag = words.findIndex((word, index) => index > 0 && /^-[a-z]*c$/.test(word));
  if (isShell && flag !== -1 && words[flag + 1] !== undefined) {
    const inner = parseShell(words[flag + 1]!);
    return inner ? inner.flatMap((one) => unwrapped(one, depth + 1)) : ['unclear'];
  }
  if (words.length === 2 && /^(--version|-V|-v|--help)$/.test(words[1]!)) return [{ ...command, words: ['true'] }];
  return [{ ...command, words }, 'unclear'];
}

function findCommands(words: string[]): string[][] {
  const starts = words.flatMap((word, index) => (/^-(exec|execdir|ok|okdir)$/.test(word) ? [index + 1] : []));
  return starts.map((start) => {
    const end = words.findIndex((word, index) => index >= start && (word === ';' || word === '+'));
    return words.slice(start, end === -1 ? undefined : end);
  });
}

function riskOfCommand({ words, writesTo }: SimpleCommand): Risk {
  const written = writesTo.filter((file) => file !== '/dev/null');
  const atLeast: Risk = written.length === 0 ? 'read' : written.some(isSystemPath) ? 'destructive' : 'write';
  return worst([atLeast, riskOfWords(program(words), words.slice(1))]);
}

function riskOfWords(name: string, args: string[]): Risk {
  if (name === '') return 'read';
  const special = specials[name];
  if (special) return special(args);
  if (name.startsWith('mkfs') || destroyers.has(name)) return 'destructive';
  if (interpreters.has(name)) return 'destructive';
  if (readers.has(name)) return 'read';
  if (writers.has(name)) return 'write';
  return 'write';
}

const has = (args: string[], pattern: RegExp): boolean => args.some((arg) => pattern.test(arg));
const firstOf = (args: string[]): string => args.find((arg) => !arg.startsWith('-')) ?? '';
const bySub =
  (reads: Set<string>, destroys: Set<string>) =>
  (args: string[]): Risk => {
    const sub = firstOf(args);
    if (destroys.has(sub)) return 'destructive';
    return reads.has(sub) || sub === '' ? 'read' : 'write';
  };

const packages = bySub(
  set('list search show policy info check outdated view ls why explain audit status'),
  set('remove purge autoremove uninstall erase dist-upgrade full-upgrade upgrade downgrade'),
);
const containers = bySub(
  set('ps images inspect logs stats top version info events port diff history search'),
  set('rm rmi kill stop restart prune down exec system volume network swarm'),
);
const specials: Record<string, (args: string[]) => Risk> = {
  find: (args) =>
    has(args, /^-delete$/) ? 'destructive' : has(args, /^-f?(print0?f?|ls)f?$/) && has(args, /^-fprint|^-fls/) ? 'write' : 'read',
  sed: (args) => (has(args, /^(-[a-zA-Z]*i|--in-place)/) ? 'write' : has(args, /(^|;)\s*\d*[ew]\s|\/e$/) ? 'destructive' : 'read'),
  awk: (args) => (has(args, /system\s*\(|\|\s*getline|print\s*[^;]*[|>]/) ? 'destructive' : 'read'),
  sort: (args) => (has(args, /^(-o|--output)/) ? 'write' : 'read'),
  date: (args) => (has(args, /^(-s|--set)/) ? 'destructive' : 'read'),
  hostname: (args) => (firstOf(args) === '' ? 'read' : 'destructive'),
  mount: (args) => (args.length === 0 || has(args, /^-l$/) ? 'read' : 'destructive'),
  ip: (args) => (has(args, /^(add|del|delete|set|flush|change|replace)$/) ? 'destructive' : 'read'),
  ifconfig: (args) => (args.length > 1 ? 'destructive' : 'read'),
  dmesg: (args) => (has(args, /^-[cC]$|--clear|--read-clear/) ? 'destructive' : 'read'),
  journalctl: (args) => (has(args, /^--(vacuum|rotate|flush|sync)/) ? 'destructive' : 'read'),
  git: gitRisk,
  systemctl: bySub(
    set('status list-units list-unit-files list-timers show cat is-active is-enabled is-failed get-default'),
    set('stop restart disable mask kill isolate reboot poweroff halt suspend hibernate rescue emergency'),
  ),
  service: (args) =>
    args.includes('status') || has(args, /^--status-all$/) ? 'read' : has(args, /^(stop|restart)$/) ? 'destructive' : 'write',
  docker: containers,
  podman: containers,
  kubectl: bySub(
    set('get describe logs top version api-resources cluster-info explain'),
    set('delete drain cordon replace exec rollout scale patch'),
  ),
  apt: packages,
  'apt-get': packages,
  dnf: packages,
  yum: packages,
  brew: packages,
  snap: packages,
  npm: packages,
  pip: packages,
  pip3: packages,
  curl: (args) =>
    has(args, /^(-[a-zA-Z]*[dFT]|-X|--(data|form|upload|request|json))/)
      ? 'write'
      : has(args, /^(-[a-zA-Z]*[oO]|--output|--remote-name)/)
        ? 'write'
        : 'read',
  wget: (args) => (has(args, /^(-O-|-qO-|--spider)$/) ? 'read' : 'write'),
  crontab: (args) => (has(args, /^-l$/) ? 'read' : has(args, /^-r$/) ? 'destructive' : 'write'),
  chmod: (args) => (has(args, /^-[a-zA-Z]*R|--recursive/) ? 'destructive' : 'write'),
  chown: (args) => (has(args, /^-[a-zA-Z]*R|--recursive/) ? 'destructive' : 'write'),
  rsync: (args) => (has(args, /^--(delete|remove-source-files)/) ? 'destructive' : 'write'),
  tee: (args) => (args.some(isSystemPath) ? 'destructive' : 'write'),
  cp: (args) => (args.some((arg, index) => index > 0 && isSystemPath(arg)) ? 'destructive' : 'write'),
  mv: (args) => (args.some(isSystemPath) ? 'destructive' : 'write'),
  redis_cli: () => 'destructive',
};

function gitRisk(args: string[]): Risk {
  const sub = firstOf(args);
  if (has(args, /^(--force|-f|--force-with-lease.*|--hard|--mirror|--delete|-D)$/) || /^(clean|filter-branch|gc|reflog)$/.test(sub))
    return 'destructive';
  if (sub === 'push' && args.some((arg) => arg.startsWith('+') || arg.startsWith(':'))) return 'destructive';
  if (sub === 'reset' || sub === 'rebase') return 'destructive';
  return /^(status|log|diff|show|blame|grep|ls-files|rev-parse|describe|shortlog|cat-file|)$/.test(sub) ? 'read' : 'write';
}

const isSystemPath = (file: string): boolean =>
  /^\/(etc|boot|bin|sbin|lib|lib64|usr|dev|sys|proc|root\/\.ssh|var\/lib|var\/spool)(\/|$)/.test(path.posix.normalize(file));

const trusted =
  /(^|\/)(\.bashrc|\.bash_profile|\.profile|\.zshrc|\.zprofile|\.ssh(\/|$)|\.git\/hooks\/|\.config\/(systemd|autostart)\/|crontab|cron\.[a-z]+\/|systemd\/)/;

const leavesSomething = ({ words, writesTo }: SimpleCommand): boolean =>
  /^(crontab|at|batch|systemd-run|nohup|setsid|useradd|adduser)$/.test(program(words)) ||
  (program(words) === 'systemctl' && words.includes('enable')) ||
  [...writesTo, ...words.slice(1)].some((word) => trusted.test(word) && riskOfWords(program(words), words.slice(1)) !== 'read') ||
  writesTo.some((file) => trusted.test(file));

function forbiddenCommand({ words, writesTo }: SimpleCommand): string | undefined {
  const name = program(words);
  const args = words.slice(1);
  if (name === 'rm' && has(args, /^-[a-zA-Z]*[rR]|^--recursive/) && args.some(isEverything))
    return 'It would delete the whole system or home.';
  if (name === 'rm' && has(args, /^--no-preserve-root$/)) return 'It would delete the whole system.';
  if (name === 'find' && has(args, /^-delete$/) && args.some(isEverything)) return 'It would delete the whole system or home.';
  if (name.startsWith('mkfs') || name === 'wipefs') return 'It would erase a file system.';
  if (name === 'dd' && has(args, /^of=\/dev\/(sd|hd|nvme|vd|xvd|mmcblk|disk|mapper)/)) return 'It would overwrite a disk.';
  if (writesTo.some((file) => /^\/dev\/(sd|hd|nvme|vd|xvd|mmcblk|disk)/.test(file))) return 'It would overwrite a disk.';
  if (/^(chmod|chown)$/.test(name) && has(args, /^-[a-zA-Z]*R/) && args.some(isEverything))
    return 'It would change the rights of the whole system.';
  if (name === 'git' && isForcePush(args)) return 'It would force-push to a default branch.';
  if (args.some((arg) => /\bdrop\s+(database|schema)\b/i.test(arg)) || name === 'dropdb') return 'It would drop a database.';
  return undefined;
}

function isEverything(arg: string): boolean {
  const clean = path.posix.normalize(arg.replace(/^(\$HOME|\$\{HOME\}|~)/, '~'));
  return /^(\/|\/\*|\/\.\*?|~\/?|~\/\*|\/(home|etc|usr|var|boot|bin|lib|root|opt)\/?\*?)$/.test(clean) && clean !== '.';
}

function isForcePush(args: string[]): boolean {
  if (firstOf(args) !== 'push') return false;
  const forces = has(args, /^(--force|-f|--force-with-lease.*|--mirror)$/) || args.some((arg) => arg.startsWith('+'));
  const names = args.filter((arg) => !arg.startsWith('-')).slice(2);
  return forces && (names.length === 0 || names.some((arg) => /^\+?(.*:)?(refs\/heads\/)?(main|master|trunk)$/.test(arg)));
}

/** `curl … | sh`: text from the network becomes a program. */
function pipedIntoShell(commands: SimpleCommand[]): string | undefined {
  const fetched = commands.findIndex(({ words }) => /^(curl|wget|fetch|nc)$/.test(program(words)));
  if (fetched === -1) return undefined;
  const run = commands.slice(fetched + 1).some(({ words, isPiped }) => isPiped && interpreters.has(program(words)));
  return run ? 'It would run whatever the network sends.' : undefined;
}

// Forms that are recognised by their text, also where the line cannot be parsed.
function forbiddenText(script: string): string | undefined {
  if (/(\w+|:)\s*\(\s*\)\s*\{[^}]*\1\s*\|\s*\1\s*&[^}]*\}\s*;?\s*\1/.test(script)) return 'It is a fork bomb.';
  if (/\bdrop\s+(database|schema)\b/i.test(script)) return 'It would drop a database.';
  if (/\b(sh|bash|zsh|dash)\b[^|;&]*(<\s*\(|\$\(|`)\s*(curl|wget)\b/.test(script)) return 'It would run whatever the network sends.';
  if (/\beval\b[^;&]*(\$\(|`)\s*(curl|wget)\b/.test(script)) return 'It would run whatever the network sends.';
  return undefined;
}
