import type { ProgramRule } from './rules.ts';
import { wordSet } from './names.ts';

/** Subcommands; two words joined by a dot are a noun and its verb. */
const subs = wordSet;

const packages = {
  read: subs(`list search show policy info check outdated view ls why explain audit status depends rdepends changelog history repolist
    provides  files help version prefix root bin  cat deps leaves home doctor`),
  write: subs('install add update ci i fetch clean autoclean init link pack makecache test run start build lint refresh tap run-script t'),
  destructive: subs(`remove purge autoremove uninstall erase dist-upgrade full-upgrade upgrade downgrade rm un unlink exec publish unpublish
    r prune config set-script x dlx switch revert rebase  untap cleanup`),
  other: 'destructive' as const,
};

const containers = {
  read: subs(`ps images inspect logs stats top version info events port diff history search container.ls container.list container.ps
    container.inspect container.logs container.stats container.top container.port container.diff image.ls image.list image.inspect
    image.history volume.ls volume.inspect network.ls network.inspect system.df system.info system.events compose.ps compose.logs
    compose.config compose.ls compose.images compose.top compose.version compose.port context.ls context.show node.ls service.ls
    service.ps service.logs stack.ls stack.ps wait container.wait manifest.inspect pod.ps`),
  write: subs(`pull build start restart stop pause unpause create tag commit cp save rename update container.start container.restart
    container.stop container.pause container.unpause container.create container.cp container.rename container.update image.pull image.build
    image.tag image.save volume.create network.create network.connect network.disconnect compose.pull compose.build compose.start
    compose.restart compose.stop compose.up compose.pause compose.unpause compose.create login logout compose.cp`),
  destructive: subs(`rm rmi kill prune down exec run load import push swarm plugin attach export`),
  other: 'destructive' as const,
};

/** Programs that rule services, containers, packages and repositories. */
export const serviceRules: Record<string, ProgramRule> = {
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
    raise: [
      [/^(-f|--force.*|--hard|--mirror|--delete|--discard-changes|--orphan)$/, 'destructive'],
      [/^-[a-zA-Z]*[dDMC]/, 'destructive', /^(branch|tag|push|switch|checkout)$/],
      [/^-[a-zA-Z]*f/, 'destructive', /^push$/],
      [/^(--|\.|\*|HEAD|-B|-p|--ours|--theirs|.*\.\w+)$/, 'destructive', /^(checkout|switch)$/],
      [
        /^(-c|--config-env.*|--exec-path=.*|--upload-pack.*|--receive-pack.*|--exec.*|--ext-diff|--textconv|-O.*|--open-files.*)$/,
        'destructive',
      ],
      [/^--output/, 'write'],
      [
        /^(alias\.|core\.(?!autocrlf|filemode|ignorecase)|credential|filter\.|diff\.|merge\..*driver|include|gpg|http\.proxy|url\.|.*\.(cmd|command|helper|program|path)$)/i,
        'destructive',
        /^config$/,
      ],
      [/^(ext|fd)::/, 'destructive'],
      [/^[+:]./, 'destructive', /^(push|fetch|pull)$/],
    ],
  },
  systemctl: {
    risk: 'read',
    valued: wordSet('-t --type -p --property -n --lines -o --output -H --host -M --machine --state -s --signal --root'),
    subcommands: {
      read: subs(`status list-units list-unit-files list-timers list-sockets list-dependencies list-jobs show cat is-active is-enabled
        is-failed get-default is-system-running show-environment`),
      write: subs('start restart reload try-restart reload-or-restart daemon-reload enable reset-failed'),
      destructive: subs(
        'stop disable mask kill isolate reboot poweroff halt suspend hibernate rescue emergency edit set-default link revert',
      ),
      other: 'destructive',
    },
    raise: [
      [/^(-H|--host|-M|--machine|--root)/, 'destructive'],
      [/\*/, 'destructive', /^(start|restart|reload|enable|try-restart|reload-or-restart)$/],
    ],
  },
  service: {
    risk: 'write',
    raise: [[/^(stop|force-stop|--full-restart|-R)$/, 'destructive']],
    readsOnly: { all: /^(?!(?:stop|start|restart|reload|force))/, one: /^(status|--status-all)$/ },
  },
  'rc-service': { risk: 'write', raise: [[/^stop$/, 'destructive']] },
  docker: {
    risk: 'read',
    valued: wordSet('-H --host -l --log-level -c --context --config -f --file -p --project-name --profile --env-file'),
    subcommands: containers,
    raise: [[/^(-H|--host)/, 'destructive']],
  },
  podman: { risk: 'read', subcommands: containers },
  'docker-compose': {
    risk: 'read',
    valued: wordSet('-f --file -p --project-name --env-file --profile'),
    subcommands: {
      read: subs('ps logs config images top version port ls'),
      write: subs('pull build start restart stop up pause unpause create'),
      destructive: subs('rm down kill exec run'),
      other: 'destructive',
    },
  },
  kubectl: {
    risk: 'read',
    valued: wordSet('-n --namespace --context --kubeconfig --cluster --user -s --server'),
    subcommands: {
      read: subs(`get describe logs top version api-resources api-versions cluster-info explain diff auth.can-i config.view
        config.current-context config.get-contexts rollout.status rollout.history events wait`),
      write: subs('apply create label annotate expose set rollout.restart rollout.pause rollout.resume config.use-context cordon uncordon'),
      destructive: subs('delete drain replace exec rollout scale patch edit run cp attach debug proxy port-forward taint autoscale'),
      other: 'destructive',
    },
    raise: [[/^(--prune|--force)/, 'destructive']],
  },
  helm: {
    risk: 'read',
    subcommands: {
      read: subs('list ls status get history search show template lint version env'),
      write: subs('repo pull'),
      other: 'destructive',
    },
  },
  apt: {
    risk: 'read',
    valued: wordSet('-o -c -t'),
    subcommands: packages,
    raise: [
      [/^(-o|-c|--config-file|--option)/, 'destructive'],
      [/^\w[\w.+-]*-$/, 'destructive'],
    ],
  },
  'apt-get': {
    risk: 'read',
    valued: wordSet('-o -c -t'),
    subcommands: packages,
    raise: [
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
  dnf: { risk: 'read', subcommands: packages },
  yum: { risk: 'read', subcommands: packages },
  zypper: { risk: 'read', subcommands: packages },
  pacman: { risk: 'destructive', readsOnly: { all: /^(-Q[a-z]*|-Ss[a-z]*|-Si[a-z]*|\w[\w+.-]*)$/, one: /^-[QS]/ } },
  apk: { risk: 'read', subcommands: { ...packages, destructive: subs('del fix upgrade cache') } },
  brew: { risk: 'read', subcommands: packages },
  snap: { risk: 'read', subcommands: packages },
  flatpak: { risk: 'read', subcommands: { ...packages, destructive: subs('uninstall remove run override repair') } },
  npm: { risk: 'read', subcommands: packages, raise: [[/^--(script-shell|node-options|unsafe)/, 'destructive']] },
  yarn: { risk: 'write', subcommands: packages },
  pnpm: { risk: 'read', subcommands: packages },
  pip: { risk: 'read', subcommands: packages },
  pip3: { risk: 'read', subcommands: packages },
  gem: { risk: 'read', subcommands: packages },
  'redis-cli': {
    risk: 'destructive',
    valued: wordSet('-h -p -n -u -a --user --pass'),
    subcommands: {
      read: wordSet('get mget hget hgetall keys scan info ping ttl type exists llen dbsize strlen lrange smembers zrange'),
      write: wordSet('set setex expire incr decr hset lpush rpush sadd publish'),
      other: 'destructive',
    },
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
  terraform: {
    risk: 'read',
    subcommands: { read: subs('plan show validate version output providers graph fmt'), write: subs('init'), other: 'destructive' },
  },
  'ansible-playbook': { risk: 'destructive', readsOnly: { all: /^(--list-.*|--syntax-check|[\w./-]+\.ya?ml)$/, one: /^--/ } },
  aws: { risk: 'destructive', subcommands: { read: subs('s3.ls sts.get-caller-identity'), other: 'destructive' } },
  rclone: {
    risk: 'read',
    subcommands: {
      read: subs('ls lsd lsl lsf size about listremotes version check'),
      write: subs('copy copyto mkdir'),
      other: 'destructive',
    },
  },
  restic: {
    risk: 'read',
    subcommands: { read: subs('snapshots ls stats check find diff version'), write: subs('backup init tag'), other: 'destructive' },
  },
  borg: { risk: 'read', subcommands: { read: subs('list info check diff version'), write: subs('create init'), other: 'destructive' } },
  certbot: { risk: 'write', subcommands: { read: subs('certificates'), write: subs('renew certonly'), other: 'destructive' } },
  make: {
    risk: 'write',
    raise: [[/^(clean|distclean|uninstall|purge|install|-f|--file.*|--eval.*|-E|SHELL=.*|MAKEFLAGS=.*)$/, 'destructive']],
  },
  go: {
    risk: 'write',
    subcommands: { read: subs('version env list vet doc'), write: subs('build test get mod fmt install'), other: 'destructive' },
    raise: [[/^-(exec|toolexec|overlay|ldflags|vettool)/, 'destructive']],
  },
  cargo: {
    risk: 'write',
    subcommands: {
      read: subs('tree version metadata search'),
      write: subs('build check test fmt clippy add update doc'),
      other: 'destructive',
    },
    raise: [[/^--config/, 'destructive']],
  },
  poetry: { risk: 'write', subcommands: { read: subs('show check version'), write: subs('install add lock build'), other: 'destructive' } },
  uv: { risk: 'write', subcommands: { read: subs('tree version'), write: subs('sync add lock venv build pip'), other: 'destructive' } },
  pipx: { risk: 'write', subcommands: { read: subs('list'), write: subs('install upgrade'), other: 'destructive' } },
  lxc: { risk: 'destructive', subcommands: { read: subs('list ls info version'), write: subs('start restart'), other: 'destructive' } },
  incus: { risk: 'destructive', subcommands: { read: subs('list ls info version'), write: subs('start restart'), other: 'destructive' } },
  virsh: {
    risk: 'destructive',
    subcommands: {
      read: subs('list dominfo domstate net-list pool-list vol-list version'),
      write: subs('start reboot'),
      other: 'destructive',
    },
  },
  qm: {
    risk: 'destructive',
    subcommands: { read: subs('list status config'), write: subs('start reboot snapshot'), other: 'destructive' },
  },
  pct: {
    risk: 'destructive',
    subcommands: { read: subs('list status config'), write: subs('start reboot snapshot'), other: 'destructive' },
  },
  pvesm: { risk: 'destructive', subcommands: { read: subs('status list'), other: 'destructive' } },
  apachectl: {
    risk: 'destructive',
    subcommands: { read: subs('configtest status fullstatus'), write: subs('graceful restart'), other: 'destructive' },
  },
  nginx: { risk: 'destructive', readsOnly: { all: /^-[tTvVq]+$/, one: /^-[tTvVq]+$/ } },
  postfix: { risk: 'destructive', subcommands: { read: subs('status check'), write: subs('reload'), other: 'destructive' } },
  wg: { risk: 'destructive', subcommands: { read: subs('show showconf'), other: 'destructive' } },
  tailscale: { risk: 'destructive', subcommands: { read: subs('status ip ping netcheck version'), other: 'destructive' } },
  pihole: {
    risk: 'destructive',
    subcommands: { read: subs('status version -v -c -q'), write: subs('restartdns updateGravity -g'), other: 'destructive' },
  },
};
