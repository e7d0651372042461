import { lineOf, type GivenCommand } from '../command-class.ts';
import { realPath, absolute, type Ground } from '../ground.ts';
import type { SimpleCommand } from '../shell-words.ts';
import { fillsUnnamed } from './fills.ts';
import { wordSet } from './names.ts';
import { hasOption } from './options.ts';
import { commandsIn } from './places.ts';
import { isUnseen, riskOfCommand } from './risk.ts';
import { ruleFor } from './rules.ts';
import { subcommandOf } from './subcommands.ts';
import { isClear, opened, program } from './wrappers.ts';

const outside = 'It has another program start something, which may see what the sandbox hides.';
const atHome = 'It runs a program that nothing has looked into in the home folder itself, among the files that start by themselves.';
const fillsHome = 'It unpacks, or copies whole folders, in the home folder itself, among the files that start by themselves.';

/** They have something started, opened or typed elsewhere: by a daemon, a scheduler, a desktop, another terminal. */
const brokers =
  wordSet(`docker podman docker-compose podman-compose nerdctl ctr crictl kubectl oc helm lxc incus virsh vagrant machinectl multipass distrobox
  toolbox systemd-run systemd-nspawn systemd-mount run0 pkexec at batch crontab anacron tmux screen zellij byobu dtach abduco kitty wezterm dbus-send busctl gdbus qdbus
  dbus-launch flatpak-spawn flatpak snap xdotool ydotool wtype wmctrl xdg-open open gio gtk-launch kioclient emacsclient code gnome-terminal konsole xterm
  supervisorctl pm2 sv initctl launchctl osascript nsenter watchman incrontab fcrontab cron ssh-add gpg-connect-agent nomad consul`);

/** What they do without starting anything here. */
const startsNothing = wordSet('pull login logout tag search repo push context rename');

/** Why a confined command should be asked about all the same: something is started where the sandbox does not reach. */
export const startsOutside = (given: GivenCommand): string | undefined => (commandsIn(given).some(startsElsewhere) ? outside : undefined);

function startsElsewhere(command: SimpleCommand): boolean {
  const name = program(command);
  const args = command.words.slice(1);
  const isBroker = brokers.has(name) || (/^(systemctl|loginctl)$/.test(name) && hasOption(args, 'M machine user'));
  if (!isBroker) return false;
  if (args.length > 0 && isExec(name, args)) return true;
  return riskOfCommand(command, new Set()).risk !== 'read' && !startsNothing.has(subcommandOf(ruleFor(name) ?? {}, args).noun ?? '');
}

/** What runs in a container is judged by itself, and is outside all the same. */
const isExec = (name: string, args: string[]): boolean =>
  /^(docker|podman|nerdctl|kubectl|docker-compose)$/.test(name) && args.slice(0, 4).includes('exec');

/** Why a confined command should be asked about: where it runs, new start-up files could not be kept from appearing. */
export function runsAtHome(given: GivenCommand & { cwd?: string }, ground: Ground): string | undefined {
  if (given.cwd === undefined || realPath(absolute(given.cwd, ground)) !== realPath(ground.userHome)) return undefined;
  if (fillsUnnamed(given)) return fillsHome;
  const inner = (lineOf(given)?.commands ?? []).flatMap((command) => opened(command));
  return inner.some((command) => !isClear(command) || isUnseen(command, new Set())) ? atHome : undefined;
}
