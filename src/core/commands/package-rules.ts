import type { ProgramRule } from './rules.ts';
import { wordSet } from './names.ts';

/** Subcommands; two words joined by a dot are a noun and its verb. */
const subs = wordSet;

/** A package that is a file here may hold anything, and its scripts run as root. */
const localPackage: [RegExp, 'destructive'] = [/^(\.{0,2}|~)\/|\.(deb|rpm|apk)$/, 'destructive'];

const packages = {
  read: subs(`list search show policy info check outdated view ls why explain audit status depends rdepends changelog history repolist
    provides  files help version prefix root bin  cat deps leaves home doctor`),
  write: subs('install add update ci i fetch clean autoclean init link pack makecache test run start build lint refresh tap run-script t'),
  destructive: subs(`remove purge autoremove uninstall erase dist-upgrade full-upgrade upgrade downgrade rm un unlink exec publish unpublish
    r prune config set-script x dlx switch revert rebase  untap cleanup`),
  other: 'destructive' as const,
};

/** Where a verb that is not the program's own is the name of a script of the project. */
const nodePackages = {
  read: subs('list ls ll la view info why explain outdated prefix root bin ping whoami search help -v'),
  write: subs(
    'install i add ci update up init link pack fund audit doctor test t tst run run-script start build stop restart version dedupe ddp rebuild lint home docs repo bugs cache.verify it cit install-test',
  ),
  other: 'destructive' as const,
};

const nodeOptions: ProgramRule['raise'] = [
  [/^--(script-s|node-o|unsafe|userc|globalc|shell|git$|git=|editor|viewer|browser|force$)/, 'destructive'],
  [/^(delete|fix|--fix)$/, 'write'],
  // An initializer is a package that is fetched and run.
  [/^(?!init$)[^-]/, 'destructive', /^init/],
];

const pip: ProgramRule = {
  risk: 'read',
  subcommands: {
    ...packages,
    read: subs('list show check help freeze inspect search index debug config.list config.get'),
    write: subs('install download wheel cache lock'),
  },
  outputs: 'log t target root prefix d dest w wheel-dir report src cache-dir',
  acts: 'python',
};

const redHat: ProgramRule = {
  risk: 'read',
  subcommands: {
    ...packages,
    destructive: new Set([...packages.destructive, ...subs('history.undo history.rollback history.redo history.userinstalled')]),
  },
  acts: 'setopt installroot c config',
  raise: [localPackage],
};

/** Programs that install packages, and programs that build. */
export const packageRules: Record<string, ProgramRule> = {
  apt: {
    risk: 'read',
    valued: wordSet('-o -c -t'),
    subcommands: packages,
    raise: [localPackage, [/^(-o|-c|--config-file|--option)/, 'destructive'], [/^\w[\w.+-]*-$/, 'destructive']],
  },
  'apt-get': {
    risk: 'read',
    valued: wordSet('-o -c -t'),
    subcommands: packages,
    raise: [
      localPackage,
      [/^(-o|-c|--config-file|--option|--purge|--auto-?remove|--allow-downgrades|--force)/, 'destructive'],
      [/^\w[\w.+-]*-$/, 'destructive'],
    ],
  },
  'apt-mark': { risk: 'read', subcommands: { read: subs('showhold showmanual showauto'), other: 'write' } },
  aptitude: { risk: 'read', subcommands: packages },
  dpkg: {
    risk: 'destructive',
    readsOnly: {
      all: /^(-[lLsSp]|--(list|listfiles|status|search|get-selections|audit|print-architecture|version).*|[\w.*/][\w+.:*/-]*)$/,
      one: /^-/,
    },
  },
  rpm: { risk: 'destructive', readsOnly: { all: /^(-q[a-z]*|--query.*|[\w./][\w+.:*/-]*)$/, one: /^(-q|--query)/ } },
  dnf: redHat,
  yum: redHat,
  zypper: { risk: 'read', subcommands: packages },
  pacman: { risk: 'destructive', readsOnly: { all: /^(-Q[a-z]*|-Ss[a-z]*|-Si[a-z]*|\w[\w+.-]*)$/, one: /^-[QS]/ } },
  apk: { risk: 'read', raise: [localPackage], subcommands: { ...packages, destructive: subs('del fix upgrade cache') } },
  brew: { risk: 'read', subcommands: packages },
  snap: { risk: 'read', subcommands: packages },
  flatpak: { risk: 'read', subcommands: { ...packages, destructive: subs('uninstall remove run override repair') } },
  npm: { risk: 'read', subcommands: nodePackages, raise: nodeOptions },
  yarn: { risk: 'write', subcommands: nodePackages, raise: nodeOptions },
  pnpm: { risk: 'read', subcommands: nodePackages, raise: nodeOptions },
  pip,
  pip3: pip,
  gem: { risk: 'read', subcommands: packages, acts: 'config-file' },
  make: {
    risk: 'write',
    raise: [
      [
        /^(\w*clean|uninstall|purge|install|deploy|publish|release|-[a-zA-Z]*[fEIC].*|--(f|ev|inc|dir|ma).*|(SHELL|MAKEFLAGS|MAKE|MAKEFILES|CC|CXX|LD|AR|\.SHELLFLAGS)[:+?]?=.*|[^=]*=.*[$`].*)$/,
        'destructive',
      ],
    ],
  },
  go: {
    risk: 'write',
    subcommands: { read: subs('version env list vet doc'), write: subs('build test get mod fmt install'), other: 'destructive' },
    raise: [
      [/^--?(exec|toolexec|overlay|ldflags|vettool|gcflags|asmflags|gccgoflags|modfile)/, 'destructive'],
      [/^--?(w|u|mod)($|=)/, 'destructive', /^(env|list)$/],
    ],
    outputs: '-o -outputdir -coverprofile -cpuprofile -memprofile -trace',
  },
  cargo: {
    risk: 'write',
    subcommands: {
      read: subs('tree version metadata search'),
      write: subs('build check test fmt clippy add update doc'),
      other: 'destructive',
    },
    raise: [[/^(--config|-Z)/, 'destructive']],
    outputs: 'target-dir root',
  },
  poetry: { risk: 'write', subcommands: { read: subs('show check version'), write: subs('install add lock build'), other: 'destructive' } },
  uv: { risk: 'write', subcommands: { read: subs('tree version'), write: subs('sync add lock venv build pip'), other: 'destructive' } },
  pipx: { risk: 'write', subcommands: { read: subs('list'), write: subs('install upgrade'), other: 'destructive' } },
};
