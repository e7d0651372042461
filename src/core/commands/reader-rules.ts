import type { ProgramRule } from './rules.ts';
import { wordSet } from './names.ts';

const subs = wordSet;

/** A reader but for some options; written short, as there are many. */
const reader = (rule: Omit<ProgramRule, 'risk'>): ProgramRule => ({ risk: 'read', ...rule });

/** Waits for keys, some of which start a shell or write; its plain output needs the options that `unless` names. */
const interactive = (unless?: string): ProgramRule => ({ risk: 'read', interactive: unless ?? '' });

const browserFiles: ProgramRule['raise'] = [
  [/^-{1,2}(cfg|exec|cmd_|editor|lss|post_data|get_data|trusted_exec|session|lang)/, 'destructive'],
];

const everyArgument = (one: string): RegExp => new RegExp(`^(${one})$`);

/** Programs that only read, but for what stands here: outputs, second operands, options that run or change something. */
export const readerRules: Record<string, ProgramRule> = {
  // GNU coreutils, diffutils, and kin
  uniq: reader({ reads: 1, valued: subs('-f -s -w --skip-fields --skip-chars --check-chars') }),
  ptx: reader({ outputs: 'o', reads: 1, valued: subs('-A -b -g -i -M -o -R -S -T -w -W') }),
  shuf: reader({ outputs: 'o output' }),
  sort: reader({ outputs: 'o output', acts: 'compress-program' }),
  split: { risk: 'write', acts: 'filter' },
  patch: { risk: 'write', outputs: 'o output r reject-file', acts: 'e ed' },
  sdiff: reader({ outputs: 'o output', acts: 'diff-program' }),
  diff3: reader({ acts: 'diff-program' }),
  stty: reader({ raise: [[/^[^-]/, 'write']] }),
  tree: reader({ outputs: 'o', changes: 'R' }),
  xxd: reader({ reads: 1, changes: 'r revert', valued: subs('-c -cols -g -l -len -n -name -o -s -seek') }),
  file: reader({ changes: 'C compile', raise: [[/^-[a-zA-Z]*C/, 'write']] }),
  info: { risk: 'read', outputs: 'o output dribble', acts: 'restore' },
  whatis: reader({ acts: 'C config-file' }),
  apropos: reader({ acts: 'C config-file' }),
  man: reader({ acts: 'P H C T t pager html config-file preprocessor troff-device troff' }),
  ag: reader({ acts: 'pager' }),
  ack: reader({ acts: 'pager ackrc' }),
  rg: reader({ acts: 'pre hostname-bin', changes: 'debug-write' }),
  fd: reader({ acts: 'x X exec exec-batch' }),
  fdfind: reader({ acts: 'x X exec exec-batch' }),
  bat: reader({ acts: 'pager', raise: [[/^(cache|--generate-config-file)$/, 'write']] }),
  batcat: reader({ acts: 'pager', raise: [[/^(cache|--generate-config-file)$/, 'write']] }),
  delta: reader({ acts: 'pager' }),
  yq: reader({ changes: 'i inplace in-place s split-exp', acts: 'from-file' }),
  history: { risk: 'read', outputs: 'w a', changes: 'r n' },
  look: reader({}),
  getent: reader({}),
  updatedb: { risk: 'write', outputs: 'o output' },
  mktemp: { risk: 'write', outputs: 'p tmpdir' },
  install: { risk: 'write', acts: 'strip-program' },

  // procps, sysstat, monitors
  top: interactive('b batch'),
  iotop: interactive('b batch'),
  'iotop-c': interactive('b batch'),
  htop: interactive(),
  btop: interactive(),
  nmon: interactive(),
  slabtop: interactive('o once'),
  atop: { risk: 'read', outputs: 'w', interactive: 'P w J' },
  glances: {
    risk: 'read',
    acts: 'w webserver s server c client config C plugin-dir fetch-template',
    changes: 'export export-csv-file',
    interactive: 'stdout stdout-csv stdout-json',
  },
  ncdu: { risk: 'read', outputs: 'o O', interactive: 'o O' },
  dstat: reader({ outputs: 'output' }),
  dool: reader({ outputs: 'output' }),
  sar: reader({ outputs: 'o' }),
  sadf: reader({}),
  pidstat: reader({ acts: 'e' }),
  less: interactive(),
  more: interactive(),
  most: interactive(),
  pg: interactive(),
  zless: interactive(),
  zmore: interactive(),
  bzless: interactive(),
  bzmore: interactive(),
  xzless: interactive(),
  xzmore: interactive(),
  tig: interactive(),
  lazygit: interactive(),
  lazydocker: interactive(),
  k9s: interactive(),
  mc: interactive(),
  ranger: interactive(),
  nnn: interactive(),
  vifm: interactive(),
  iftop: interactive('t'),
  nethogs: interactive('t'),
  powertop: { risk: 'destructive' },
  fuser: reader({ acts: 'k kill' }),
  lsof: reader({ changes: 'D' }),
  pgrep: reader({ acts: 'signal' }),
  vnstat: reader({ acts: 'remove rename', changes: 'add create u update setalias cleartop' }),
  vnstati: { risk: 'write', outputs: 'o output' },

  // util-linux
  blkid: reader({ outputs: 'c w cache-file', changes: 'g garbage-collect' }),
  hwclock: {
    risk: 'destructive',
    readsOnly: { all: everyArgument('-r|-v|-D|-u|-l|--show|--get|--verbose|--utc|--localtime|--version|--help') },
  },
  dmesg: reader({ acts: 'C c D E n clear read-clear console-off console-on console-level' }),
  last: reader({}),
  lastb: reader({}),
  lastlog: reader({ acts: 'C S clear set' }),
  'iptables-save': reader({ outputs: 'f file', acts: 'M modprobe' }),
  'ip6tables-save': reader({ outputs: 'f file', acts: 'M modprobe' }),
  domainname: reader({ raise: [[/^[^-]|^-F|^--file/, 'destructive']] }),
  nisdomainname: reader({ raise: [[/^[^-]|^-F|^--file/, 'destructive']] }),
  dnsdomainname: reader({}),
  atq: reader({}),
  kmod: { risk: 'read', subcommands: { read: subs('list static-nodes help'), other: 'destructive' } },
  cpupower: { risk: 'read', subcommands: { read: subs('frequency-info idle-info info monitor'), other: 'destructive' } },
  gsettings: {
    risk: 'read',
    subcommands: { read: subs('get list-schemas list-keys list-recursively range describe writable'), other: 'destructive' },
  },
  dconf: { risk: 'read', subcommands: { read: subs('read list dump'), other: 'destructive' } },
  'xdg-mime': { risk: 'read', subcommands: { read: subs('query'), other: 'destructive' } },
  'xdg-settings': { risk: 'read', subcommands: { read: subs('get check'), other: 'destructive' } },
  mesg: { risk: 'write' },
  utmpdump: reader({ outputs: 'o output', acts: 'r reverse' }),
  fincore: reader({}),
  losetup: {
    risk: 'destructive',
    readsOnly: { all: everyArgument('-a|-l|-n|-J|-O|--all|--list|--json|--raw|--noheadings|/dev/loop\\d+') },
  },
  blockdev: { risk: 'destructive', readsOnly: { all: everyArgument('-v|-q|--get\\w+|--report|/dev/\\w+'), one: /^--(get|report)/ } },
  zramctl: { risk: 'destructive', readsOnly: { all: everyArgument('-b|-n|--output-all|--bytes|--noheadings|--raw') } },
  setterm: { risk: 'write' },
  // Perl's takes a program; the other one two words.
  rename: { risk: 'write', raise: [[/^(s|y|tr|m)[^\w\s.-]|[;(){}$]/, 'destructive']] },
  iconv: reader({ outputs: 'o output' }),
  lynx: { risk: 'read', raise: browserFiles, interactive: '-dump -source -head' },
  w3m: { risk: 'read', acts: 'o config', interactive: '-dump -dump_source -dump_head' },

  // hardware
  'nvidia-smi': {
    risk: 'destructive',
    outputs: 'f filename',
    readsOnly: {
      all: everyArgument(
        '-[qLxlBha]+|-(i|d|lms|c|s)|--(query|format|id|display|loop|loop-ms|xml-format|list-gpus|help)[\\w=,.:-]*|--query-[\\w=,.-]+|\\d+|[A-Z_,]+|[\\w,.-]*=[\\w,.-]+|topo|-m|dmon|pmon',
      ),
    },
  },
  lshw: reader({ outputs: 'dump -dump', changes: 'X -X' }),
  hwinfo: reader({ outputs: 'log save-config dump-db' }),
  inxi: reader({ outputs: 'output-file', changes: 'U update' }),
  dmidecode: reader({ outputs: 'dump-bin' }),
  sensors: reader({ acts: 's set' }),
  lspci: reader({ outputs: 'F' }),
  smartctl: reader({ acts: 't s S o X B test set smart saveauto offlineauto abort drivedb' }),
  upower: reader({}),
  iw: reader({
    raise: [
      [
        /^(set|add|del|connect|disconnect|join|leave|switch|trigger|abort|start|stop|auth|command|send|recv|vendor|mgmt|cac)$/,
        'destructive',
      ],
    ],
  }),

  // iproute2, network
  ss: reader({ acts: 'K kill', outputs: 'D diag' }),
  arp: reader({ acts: 'd s f delete set file' }),
  iperf3: { risk: 'read', outputs: 'logfile pidfile', changes: 's server D daemon' },
  mtr: { risk: 'read', interactive: 'r report w report-wide j json x xml C csv l raw p split c' },
  host: reader({}),
  ntpq: { risk: 'read', acts: 'i interactive' },
  tailf: reader({}),

  // systemd
  'systemd-analyze': {
    risk: 'read',
    valued: subs('--root --image --man --generators --order --require --fuzz -H --host -M --machine --from-pattern --to-pattern'),
    subcommands: {
      read: subs(
        'time blame critical-chain plot dot unit-paths exit-status capability condition filesystems calendar timestamp timespan cat-config verify security syscall-filter compare-versions inspect-elf has-tpm2 pcrs srk architectures dump fdstore image-policy',
      ),
      other: 'destructive',
    },
    acts: 'H host M machine',
  },
  'systemd-cgls': reader({}),
  'systemd-cgtop': { risk: 'read', interactive: 'b batch n iterations' },
  'systemd-escape': reader({}),
  'systemd-path': reader({}),
  'systemd-detect-virt': reader({}),
  'systemd-id128': reader({}),
  'systemd-delta': reader({}),
  journalctl: reader({
    acts: 'vacuum-size vacuum-time vacuum-files rotate flush sync relinquish-var smart-relinquish-var setup-keys update-catalog',
    outputs: 'cursor-file',
  }),
  resolvectl: {
    risk: 'read',
    subcommands: { read: subs('status statistics query service openpgp tlsa show-cache show-server-state'), other: 'destructive' },
    readsOnly: { all: everyArgument('(dns|domain|default-route|llmnr|mdns|dnsovertls|dnssec|nta|log-level)'), one: /./ },
  },
  networkctl: { risk: 'read', subcommands: { read: subs('list status lldp label'), other: 'destructive' } },
  bootctl: { risk: 'read', subcommands: { read: subs('status list is-installed systemd-efi-options'), other: 'destructive' } },
  udevadm: { risk: 'destructive', subcommands: { read: subs('info monitor verify'), other: 'destructive' } },
  userdbctl: { risk: 'read', subcommands: { read: subs('user group users-in-group groups-of-user services'), other: 'destructive' } },

  // packages, accounts
  'apt-cache': { risk: 'read', acts: 'o c option config-file', raise: [[/^gencaches$/, 'write']] },
  'dpkg-query': reader({}),
  chage: { risk: 'destructive', readsOnly: { all: everyArgument('-l|--list|[\\w-]+'), one: /^(-l|--list)$/ } },
  'update-alternatives': {
    risk: 'destructive',
    readsOnly: { all: everyArgument('--(display|list|query|get-selections)|[\\w.+-]+'), one: /^--/ },
  },
  faillock: { risk: 'read', acts: 'reset' },
  faillog: { risk: 'read', acts: 'r m l t reset maximum lock-secs' },
  mailq: reader({ raise: [[/^-/, 'write']] }),
  lvs: reader({ acts: 'config profile' }),
  vgs: reader({ acts: 'config profile' }),
  pvs: reader({ acts: 'config profile' }),
  lvdisplay: reader({ acts: 'config profile' }),
  vgdisplay: reader({ acts: 'config profile' }),
  chronyc: {
    risk: 'read',
    subcommands: { read: subs('tracking sources sourcestats activity ntpdata serverstats clients'), other: 'destructive' },
  },
  'fail2ban-client': { risk: 'read', subcommands: { read: subs('status ping version banned'), other: 'destructive' } },
  supervisorctl: {
    risk: 'destructive',
    subcommands: { read: subs('status tail version avail pid'), write: subs('start restart'), other: 'destructive' },
  },
  pm2: {
    risk: 'write',
    subcommands: {
      read: subs('list ls status jlist prettylist logs describe show'),
      write: subs('start restart reload'),
      other: 'destructive',
    },
  },
  sv: { risk: 'destructive', subcommands: { read: subs('status s check'), write: subs('up start restart u'), other: 'destructive' } },
};
