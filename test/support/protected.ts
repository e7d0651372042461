import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What stands in a user's home that acts later or is believed, with the folders in which nothing may appear. */
const inHome: Record<string, string> = {
  '.bashrc': '# start-up of bash',
  '.zshrc': '# start-up of zsh',
  '.profile': '# start-up of the session',
  '.gitconfig': '[user]',
  '.npmrc': 'fund=false',
  '.netrc': '# nobody',
  '.vimrc': '" vim',
  '.ssh/authorized_keys': '# nobody',
  '.gnupg/gpg.conf': '# gpg',
  '.config/systemd/user/old.service': '[Service]',
  '.config/autostart/old.desktop': '[Desktop Entry]',
  '.config/fish/config.fish': '# fish',
  '.config/git/config': '[core]',
  '.local/bin/tool': '#!/bin/sh',
  'bin/tool': '#!/bin/sh',
  'repository/.git/config': '[core]',
  'repository/.git/hooks/pre-commit.sample': '#!/bin/sh',
  'repository/.envrc': '# direnv',
};

/** Of claw's folder: what calls change by being made, and nothing else. */
const changing =
  /^(claw\.db(-wal|-shm)?|memory\.db(-wal|-shm)?|audit\.log|audit\.key|claw\.sock|runs(\/.*)?|backups(\/.*)?|vault.*|identity\.txt|watchers\.yaml)$/;

export interface Protected {
  /** Every protected place that is not as it was, with what has become of it. */
  changes(): string[];
}

/** Plants start-up files in `user` and a file in `outside`, and watches over them and over claw's folder. */
export function plantProtected({ user, claw, outside }: { user: string; claw: string; outside: string }): Protected {
  for (const [name, text] of Object.entries(inHome)) put(path.join(user, name), text);
  put(path.join(outside, 'secret.txt'), 'of somebody else');
  const look = (): Map<string, string> =>
    new Map([
      ...[...tops].flatMap((top) => below(path.join(user, top)).map(([file, state]) => [`~/${path.relative(user, file)}`, state] as const)),
      ...below(outside).map(([file, state]) => [`outside/${path.relative(outside, file)}`, state] as const),
      ...below(claw)
        .map(([file, state]) => [path.relative(claw, file), state] as const)
        .filter(([name]) => name !== '' && !changing.test(name))
        .map(([name, state]) => [`claw/${name}`, state] as const),
    ]);
  const before = look();
  return {
    changes: () => {
      const now = look();
      const names = [...new Set([...before.keys(), ...now.keys()])];
      return names.flatMap((name) => (before.get(name) === now.get(name) ? [] : [`${name}: ${now.get(name) ?? 'gone'}`]));
    },
  };
}

const absent = ['.bash_profile', '.envrc', '.zshenv', '.xprofile', '.mcp.json', '.pam_environment', '.vim', '.cargo', '.husky', '.git'];
const tops = new Set([...Object.keys(inHome).map((name) => name.split('/')[0]!), ...absent]);

function put(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** A file's or a link's state, and that of all below a folder; nothing where nothing is. */
function below(file: string): [string, string][] {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (!found) return [];
  if (found.isSymbolicLink()) return [[file, `link to ${readlinkSync(file)}`]];
  if (found.isFile()) return [[file, `${found.mode & 0o7777} ${readFileSync(file, 'utf8').slice(0, 200)}`]];
  if (!found.isDirectory()) return [[file, 'special']];
  return [[file, `folder ${found.mode & 0o7777}`], ...readdirSync(file).flatMap((name) => below(path.join(file, name)))];
}
