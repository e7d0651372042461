import type { GivenCommand } from '../command-class.ts';
import type { Ground } from '../ground.ts';
import type { SimpleCommand } from '../shell-words.ts';
import { wordSet } from './names.ts';
import { hasOption, operandsOf } from './options.ts';
import { namesAbove } from './own-data.ts';
import { commandsIn } from './places.ts';
import { isComputed } from './paths.ts';
import { isUnseen } from './risk.ts';
import { isListed, ruleFor } from './rules.ts';
import { subcommandOf } from './subcommands.ts';
import { program } from './wrappers.ts';
import { asDashed } from './written.ts';

const included = "It copies, searches or unpacks over a folder that holds claw's own data, its token and its secrets.";

/**
 * Why a command that is not confined should be asked about: it goes through all below a folder that holds claw's own data,
 * or has the names of all that lies there handed to a program that opens them.
 */
export function ownDataIncluded(given: GivenCommand, ground: Ground): string | undefined {
  const commands = commandsIn(given);
  const walks = commands.some((command) => opensAllBelow(command) && namesAbove(command, ground, implied(command)));
  const lists = commands.some(
    (command) => listsAllBelow(command) && (program(command) === 'locate' || namesAbove(command, ground, implied(command))),
  );
  return walks || (lists && commands.some(opensWhatIsListed)) ? included : undefined;
}

/** They open every file below a folder that they are given, or write there what an archive says. */
const walkers =
  wordSet(`rsync tar bsdtar zip 7z 7za rar unrar unzip rg rga ag ack ugrep scp sftp restic borg rclone duplicity kopia tarsnap rsnapshot unison cpio pax dar
  mksquashfs genisoimage mkisofs xorriso s3cmd s5cmd aws gsutil az gcloud mc clamscan trufflehog gitleaks md5deep sha256deep hashdeep fdupes jdupes rdfind
  rmlint cloc tokei scc http-server serve miniserve darkhttpd webfsd caddy updog croc wormhole ffsend kubectl docker podman nerdctl gio ditto exiftool
  syncthing lsyncd svn hg xfsdump dump soffice`);

function opensAllBelow(command: SimpleCommand): boolean {
  const name = program(command);
  const args = command.words.slice(1);
  if (walkers.has(name)) return true;
  if (/^(find|fd|fdfind)$/.test(name))
    return args.some((arg) => /^-(exec|execdir|ok|okdir|delete|fprint)/.test(arg) || /^(-[a-zA-Z]*[xX]|--exec)/.test(arg));
  if (/^(cp|diff|[efrz]?grep|wc|sdiff)$/.test(name))
    return hasOption(args, 'r R a recursive archive dereference-recursive') || name === 'rgrep';
  if (name === 'git')
    return (
      /^(add|stash|commit|archive|grep|bundle|clone|init|clean)$/.test(subcommandOf(ruleFor('git')!, args).noun ?? '') ||
      args.includes('--no-index')
    );
  return !isListed(name) && isUnseen(command, new Set());
}

/** What is searched, packed or unpacked where nothing is named: the folder it runs in. */
function implied(command: SimpleCommand): string[] {
  const name = program(command);
  const args = command.words.slice(1);
  const operands = operandsOf(args, undefined);
  if (/^(rg|rga|ag|ack|ugrep|fd|fdfind|[efrz]?grep)$/.test(name)) return operands.length < 2 ? ['.'] : [];
  if (name === 'find') return args.length === 0 || args[0]!.startsWith('-') ? ['.'] : [];
  if (name === 'tar' || name === 'bsdtar') return hasOption(asDashed(args), 'x extract get') ? unpackedIn(args, 'C directory') : [];
  if (/^(unzip|7z|7za|unrar)$/.test(name)) return /^(l|t|-[lvtZ]+)$/.test(args[0] ?? '') ? [] : ['.'];
  return name === 'git' && args.includes('add') && hasOption(args, 'A all') ? ['.'] : [];
}

const unpackedIn = (args: string[], spec: string): string[] =>
  args.filter((_arg, index) => hasOption([args[index - 1] ?? ''], spec)).concat('.');

const listsAllBelow = (command: SimpleCommand): boolean =>
  /^(find|fd|fdfind|locate|plocate|mlocate|du|tree)$/.test(program(command)) ||
  (/^(ls|rg|exa|eza|lsd)$/.test(program(command)) && hasOption(command.words.slice(1), 'R T recursive tree files'));

/** Programs that only look at the names they are given. */
const lookers =
  wordSet(`echo printf ls du df stat test [ [[ basename dirname realpath readlink file mkdir touch cd pushd wc sort uniq head tail read cut
  { true false : export local declare find fd chmod chown chgrp`);

function opensWhatIsListed(command: SimpleCommand): boolean {
  const name = program(command);
  const args = command.words.slice(1);
  if (
    /^(cpio|pax)$/.test(name) ||
    (name === 'tar' && hasOption(asDashed(args), 'T files-from')) ||
    hasOption(args, 'files-from files0-from')
  )
    return true;
  const opens = name === 'wc' ? hasOption(args, 'files0-from') : !lookers.has(name) || /^(sort|head|tail|cut|uniq)$/.test(name);
  return opens && args.some(isComputed);
}
