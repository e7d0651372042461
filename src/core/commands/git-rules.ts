import type { ProgramRule } from './rules.ts';
import { wordSet } from './names.ts';

/** Subcommands; two words joined by a dot are a noun and its verb. */
const subs = wordSet;

/** Settings of git that only say how things look or go; all others may name a program, a host, or a file to believe. */
const configured =
  /^config( --(global|local|add|replace-all))* (user\.(name|email)|color\.[\w.]+|init\.defaultbranch|pull\.(rebase|ff)|push\.(default|autosetupremote|followtags)|core\.(autocrlf|filemode|ignorecase|quotepath|eol|longpaths|whitespace)|merge\.conflictstyle|fetch\.prune|rerere\.enabled|rebase\.(autostash|autosquash)|advice\.\w+|commit\.(gpgsign|verbose)|diff\.(algorithm|renames|colormoved)|log\.date|branch\.\w+) [^-\s\0][^\s\0]*( [^-\s\0][^\s\0]*)*$/i;

/** Repositories, here and where they are kept. */
export const gitRules: Record<string, ProgramRule> = {
  git: {
    risk: 'read',
    valued: wordSet('-C --git-dir --work-tree --namespace'),
    subcommands: {
      read: subs(`status log diff show blame grep ls-files ls-tree ls-remote rev-parse rev-list describe shortlog cat-file for-each-ref
        stash.list stash.show remote.show remote.get-url reflog.show worktree.list submodule.status show-ref name-rev merge-base
        count-objects var version help whatchanged show-branch config.list cherry fsck check-ignore`),
      write: subs(`add commit fetch pull push clone init merge stash tag branch switch mv remote cherry-pick revert notes worktree.add
        bundle archive format-patch apply am stash.push stash.pop stash.apply config submodule.update submodule.init remote.add
        lfs checkout`),
      destructive:
        subs(`clean reset lfs.prune notes.prune notes.remove rebase filter-branch filter-repo gc reflog prune update-ref stash.drop stash.clear rm remote.remove
        remote.rm remote.set-url submodule worktree.remove worktree.prune bisect difftool mergetool replace symbolic-ref send-email
        restore daemon shell upload-pack receive-pack instaweb gui hook credential config.unset repack`),
      other: 'destructive',
    },
    forms: [
      [/^branch( (-[avr]+|--(list|all|remotes|show-current|contains|merged|no-merged|(sort|format)=[^\s\0]+)))*$/, 'read'],
      [/^tag( (-l|-n\d*|--list|--sort=[^\s\0]+))*$/, 'read'],
      [/^remote( -v| --verbose)?$/, 'read'],
      [/^stash list( -\d+| --oneline)*$/, 'read'],
      [/^notes( list( \w+)?| show( \w+)?)?$/, 'read'],
      [/^config( --(global|local|system|worktree))?( (-l|--list|--show-origin|--show-scope))+$/, 'read'],
      [/^config( --(global|local|system|worktree))? (--get|--get-all|--get-regexp|get) [^\s\0]+$/, 'read'],
      [/^config( --(global|local))?( [\w-]+\.[\w.-]+)$/, 'read'],
      [configured, 'write'],
      [/^config\b/, 'destructive'],
    ],
    acts: '-c -git-dir -work-tree -namespace -separate-git-dir',
    outputs: 'output output-directory',
    raise: [
      [/^(-f|--force.*|--hard|--mirror|--delete|--discard-changes|--orphan)$/, 'destructive'],
      [/^-[a-zA-Z]*[dDMC]/, 'destructive', /^(branch|tag|push|switch|checkout)$/],
      [/^-[a-zA-Z]*f/, 'destructive', /^push$/],
      [/^(--|\.|\*|HEAD|-B|-p|--ours|--theirs|.*\.\w+)$/, 'destructive', /^(checkout|switch)$/],
      [/^(-O.*|--(exec|config|upl|rec|ext-|textc|filt|open|unsafe).*)$/, 'destructive'],
      [/^--temp/, 'destructive', /^(clone|init)$/],
      [/^-[a-zA-Z]*[ux]/, 'destructive', /^(clone|ls-remote|rebase)$/],
      [/^--lost-found$/, 'write', /^fsck$/],
      [/^(ext|fd)::/, 'destructive'],
      [/^[+:]./, 'destructive', /^(push|fetch|pull)$/],
    ],
  },
  gh: {
    risk: 'write',
    subcommands: {
      read: subs(
        'pr.list pr.view pr.status pr.diff pr.checks issue.list issue.view repo.view repo.list run.list run.view release.list auth.status status search',
      ),
      write: subs('pr.create pr.comment issue.create issue.comment repo.clone pr.checkout release.download'),
      other: 'destructive',
    },
  },
};
