import type { ProgramRule } from './rules.ts';
import { wordSet } from './names.ts';

/** Subcommands; two words joined by a dot are a noun and its verb. */
const subs = wordSet;

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

/** Programs that rule services, containers and machines. */
export const serviceRules: Record<string, ProgramRule> = {
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
      [/\//, 'destructive', /^enable$/],
      [
        /^(poweroff|reboot|halt|kexec|exit|emergency|rescue|suspend|hibernate|hybrid-sleep|sleep|shutdown|umount|ctrl-alt-del)\.target$/,
        'destructive',
      ],
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
    raise: [[/^(-H|--host|--tls|--config)/, 'destructive']],
    outputs: 'output',
  },
  podman: {
    risk: 'read',
    valued: wordSet('--log-level --root --runroot --cgroup-manager --storage-driver'),
    subcommands: containers,
    raise: [[/^--(runtime|conmon|hooks-dir|url|connection|module|identity|network-cmd-path|remote)|^-c$/, 'destructive']],
    outputs: 'output',
  },
  nerdctl: { risk: 'read', valued: wordSet('-n --namespace -a --address'), subcommands: containers, outputs: 'output' },
  crictl: {
    risk: 'destructive',
    valued: wordSet('-r --runtime-endpoint -i --image-endpoint -c --config'),
    subcommands: {
      read: subs('ps pods images img logs inspect inspecti inspectp stats version info'),
      write: subs('pull'),
      other: 'destructive',
    },
  },
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
    raise: [[/^--(prune|force|kubeconfig)/, 'destructive']],
    outputs: 'output-directory log-file profile-output cache-dir',
  },
  helm: {
    risk: 'read',
    acts: 'post-renderer kubeconfig plugin',
    outputs: 'output-dir d destination untardir',
    subcommands: {
      read: subs('list ls status get history search show template lint version env'),
      write: subs('repo pull'),
      other: 'destructive',
    },
  },
  'redis-cli': {
    risk: 'destructive',
    acts: 'eval rdb functions-rdb pipe cluster x X',
    valued: wordSet('-h -p -n -u -a --user --pass'),
    subcommands: {
      read: wordSet('get mget hget hgetall keys scan info ping ttl type exists llen dbsize strlen lrange smembers zrange'),
      write: wordSet('set setex expire incr decr hset lpush rpush sadd publish'),
      other: 'destructive',
    },
  },
  terraform: {
    risk: 'read',
    subcommands: { read: subs('plan show validate version output providers graph'), write: subs('init fmt'), other: 'destructive' },
    outputs: '-out',
    acts: '-plugin-dir -cli-config',
  },
  'ansible-playbook': { risk: 'destructive', readsOnly: { all: /^(--list-.*|--syntax-check|[\w./-]+\.ya?ml)$/, one: /^--/ } },
  aws: { risk: 'destructive', subcommands: { read: subs('s3.ls sts.get-caller-identity'), other: 'destructive' } },
  rclone: {
    risk: 'read',
    acts: 'password-command config rc rc-addr',
    outputs: 'log-file',
    raise: [[/^:|ssh=/, 'destructive']],
    subcommands: {
      read: subs('ls lsd lsl lsf size about listremotes version check'),
      write: subs('copy copyto mkdir'),
      other: 'destructive',
    },
  },
  restic: {
    risk: 'read',
    acts: 'password-command o option',
    subcommands: { read: subs('snapshots ls stats check find diff version'), write: subs('backup init tag'), other: 'destructive' },
  },
  borg: {
    risk: 'read',
    acts: 'rsh remote-path',
    subcommands: { read: subs('list info check diff version'), write: subs('create init'), other: 'destructive' },
  },
  certbot: {
    risk: 'write',
    acts: 'pre-hook post-hook deploy-hook renew-hook manual-auth-hook manual-cleanup-hook c config',
    outputs: 'logs-dir config-dir work-dir cert-path key-path',
    subcommands: { read: subs('certificates'), write: subs('renew certonly'), other: 'destructive' },
  },
  lxc: { risk: 'destructive', subcommands: { read: subs('list ls info version'), write: subs('start restart'), other: 'destructive' } },
  incus: { risk: 'destructive', subcommands: { read: subs('list ls info version'), write: subs('start restart'), other: 'destructive' } },
  virsh: {
    risk: 'destructive',
    acts: 'c connect',
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
