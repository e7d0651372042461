/** What is run on another machine. A command is words, so nothing in it is read by a shell. */
export interface RemoteCommand {
  command?: string[] | undefined;
  /** For sh -c. */
  script?: string | undefined;
  cwd?: string | undefined;
  sudo?: { password: boolean } | undefined;
}

/** One word of a POSIX shell, whatever is in it. */
export const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/**
 * The line that is sent. It tells its process group in the first line of stderr, then becomes the command: sshd makes the
 * shell of each command the leader of a group of its own.
 */
export function remoteLine(command: RemoteCommand, { isPosix }: { isPosix: boolean }): string {
  const line = `echo $$ >&2; ${inFolder(command)}${ran(command)}`;
  return isPosix ? line : `exec sh -c ${quoted(line)}`;
}

const words = ({ command, script }: RemoteCommand): string => (command ?? ['sh', '-c', script!]).map(quoted).join(' ');

const inFolder = ({ cwd }: RemoteCommand): string => (cwd === undefined ? '' : `cd -- ${quoted(cwd)} || exit 1; `);

/**
 * With a password: the shell takes it from the first line of stdin and hands it to sudo, where no list of processes shows it,
 * then the command runs on what sudo remembers of this shell.
 */
function ran(command: RemoteCommand): string {
  if (!command.sudo) return `exec ${words(command)}`;
  if (!command.sudo.password) return `exec sudo -n -- ${words(command)}`;
  return `IFS= read -r claw_word; printf '%s\\n' "$claw_word" | sudo -S -p '' -v 2>/dev/null || { echo 'sudo refused the password' >&2; exit 1; }; unset claw_word; sudo -n -- ${words(command)}`;
}

/** Prints what a POSIX shell makes of it, and no other: csh and fish cannot read it. */
export const posixProbe = 'echo claw-$((1+1))';
export const posixAnswer = 'claw-2';

/**
 * Runs beside the commands of a connection and is told of their process groups: `+ group`, `- group`, `! group` to end one.
 * When its own input ends, because the connection is gone, it ends those that are left.
 */
export const guardScript = `
end() { for g in "$@"; do kill -TERM -"$g" 2>/dev/null || sudo -n kill -TERM -"$g" 2>/dev/null; done
  for t in 1 2 3 4 5 6 7 8 9 10; do left=; for g in "$@"; do kill -0 -"$g" 2>/dev/null && left=1; done; [ -z "$left" ] && return; sleep 0.1; done
  for g in "$@"; do kill -KILL -"$g" 2>/dev/null || sudo -n kill -KILL -"$g" 2>/dev/null; done; }
groups=
trap '' HUP TERM
while read -r what group; do
  case $what in
    +) groups="$groups $group" ;;
    -) rest=; for g in $groups; do [ "$g" = "$group" ] || rest="$rest $g"; done; groups=$rest ;;
    !) end "$group"; echo "$group" ;;
  esac
done
end $groups
`;
