import type { ProgramRule } from './rules.ts';
import { wordSet } from './names.ts';

/** Subcommands; two words joined by a dot are a noun and its verb. */
const subs = wordSet;

/** iproute2 takes every beginning of a verb: `ip addr del`, `de`, `d`. */
const beginnings = (...words: string[]): string =>
  words.flatMap((word) => word.split('').map((_letter, index) => word.slice(0, index + 1))).join('|');

/** `ip a` lists: its one letter is the object, not the verb. */
const ipListing: [RegExp, 'read'] = [
  /^(-([46]|br(ief)?|c(olor)?|s(tats)?|d(etails)?|j(son)?|p(retty)?|o(neline)?|h(uman)?) )*[a-z]+( (show|list|ls|lst)( (dev )?[a-z][\w.-]*)?)?$/,
  'read',
];

const ipChanges: ProgramRule['raise'] = [
  [
    new RegExp(`^(${beginnings('add', 'delete', 'set', 'flush', 'change', 'replace', 'append', 'prepend', 'exec', 'restore', 'attach')})$`),
    'destructive',
  ],
  [/^-(b|ba|bat|batc|batch|n|net|netn|netns|force|B)$/, 'destructive'],
];

const tar: ProgramRule = {
  risk: 'write',
  acts: `checkpoint-action to-command use-compress-program I rsh-command rmt-command info-script new-volume-script F remove-files delete overwrite
      absolute-names P unlink-first U recursive-unlink T files-from`,
  outputs: 'g listed-incremental index-file',
  readsOnly: { all: /^(-?[jJzvZ]*t[jJzvZ]*f?|-f|--(list|file=.*|gzip|verbose)|[^-].*)$/, one: /^(-?[jJzvZ]*t[jJzvZ]*f?|--list)$/ },
};

const httpie: ProgramRule = {
  risk: 'read',
  outputs: 'o output session',
  raise: [
    [/^(POST|PUT|PATCH)$|=|^--download|^-[do]/, 'write'],
    [/^DELETE$/, 'destructive'],
  ],
};

/** `-wrapper`, plug-ins and specs run programs of others. */
const compiler: ProgramRule = {
  risk: 'write',
  raise: [[/^(-(wrapper|B|specs|fplugin|fuse-ld|load|Xclang)|@)/, 'destructive']],
  outputs: 'o',
};

/** Programs of the system: files, disks, network, processes. */
export const systemRules: Record<string, ProgramRule> = {
  ssh: {
    risk: 'write',
    raise: [
      [
        /^(-o)?["'\s]*(Proxy|Local|Permit|KnownHostsCommand|Match|Include|Control|SetEnv|IdentityAgent|PKCS|Security|XAuth|Remote|Dynamic|Tunnel|UserKnown|GlobalKnown|ForwardX|HostbasedAcc)/i,
        'destructive',
      ],
      [/^-[aACfgGkKMnNqsTtvVxXyY46]*[FLRDwISEt]/, 'destructive'],
      [/^([\w.-]+@)?(localhost|127\.[\d.]+|::1|0|0\.0\.0\.0)$/, 'destructive'],
    ],
  },
  mv: { risk: 'write', raise: [[/^\/dev\//, 'destructive']] },
  chgrp: { risk: 'write', raise: [[/^(-[a-zA-Z]*R|--recursive)/, 'destructive']] },
  setfacl: { risk: 'write', raise: [[/^(-[a-zA-Z]*[Rbk]|--(recursive|remove|restore))/, 'destructive']] },
  aria2c: {
    risk: 'write',
    raise: [[/^--(on-|conf-path|input-file|load-cookies|save)|^-[a-zA-Z]*i/, 'destructive']],
    outputs: 'd dir o out l log',
  },
  'yt-dlp': {
    risk: 'write',
    acts: `exec exec-before-download config-locations netrc-cmd plugin-dirs downloader external-downloader downloader-args batch-file a
      use-postprocessor load-info-json ffmpeg-location alias enable-file-urls cookies-from-browser`,
    outputs: 'o output P paths cache-dir cookies print-to-file',
  },
  pandoc: {
    risk: 'write',
    acts: 'F filter L lua-filter pdf-engine d defaults extract-media data-dir',
    raise: [[/\.lua$/, 'destructive']],
    outputs: 'o output log',
  },
  find: {
    risk: 'read',
    raise: [
      [/^-(delete|fprint.*|fls)$/, 'destructive'],
      [/^-files0-from$/, 'write'],
    ],
  },
  date: {
    risk: 'read',
    raise: [
      [/^(-[uR]*s|--s(e|et)?($|=))/, 'destructive'],
      [/^\d{8,}/, 'destructive'],
    ],
  },
  hostname: { risk: 'read', raise: [[/^[^-]|^-(F|b)|^--(file|boot)/, 'destructive']] },
  hostnamectl: {
    risk: 'read',
    forms: [[/^hostname .*[^ -]/, 'destructive']],
    subcommands: { read: subs('status hostname'), other: 'destructive' },
  },
  timedatectl: { risk: 'read', subcommands: { read: subs('status show list-timezones timesync-status'), other: 'destructive' } },
  localectl: { risk: 'read', subcommands: { read: subs('status list-locales list-keymaps'), other: 'destructive' } },
  mount: { risk: 'destructive', readsOnly: { all: /^(-l|-t|-v|ext4|nfs4?|cifs|btrfs|xfs|zfs|overlay|tmpfs)$/ } },
  ip: { risk: 'read', forms: [ipListing], raise: ipChanges },
  bridge: { risk: 'read', forms: [ipListing], raise: ipChanges },
  ifconfig: { risk: 'destructive', readsOnly: { all: /^(-a|-s|(eth|en|wl|lo|br|docker|veth|wg|tun|tap)\w*)$/ } },
  iwconfig: { risk: 'destructive', readsOnly: { all: /^(wl\w*)$/ } },
  route: { risk: 'destructive', readsOnly: { all: /^-[ne46]+$/ } },
  ethtool: { risk: 'destructive', readsOnly: { all: /^(-[iSgkacT]|[a-z][a-z0-9]+)$/ } },
  ps: { risk: 'read', raise: [[/^[a-z]*e[a-z]*$/, 'destructive']] },
  curl: {
    risk: 'read',
    outputs: 'o output output-dir D dump-header c cookie-jar trace trace-ascii stderr libcurl etag-save hsts alt-svc',
    raise: [
      [/^(-[a-zA-Z]*[dFTX]|--(data|form|upload|request|json|mail))/, 'write'],
      [/^(-[a-zA-Z]*[OJ]|--remote)/, 'write'],
      [
        /^(-[a-zA-Z]*[KQ]|--(config|netrc-file|engine|proxy-|quote|proto-|unix|abstract|preproxy|socks|connect-to|resolve|doh))|%output\{|^[{[][^ ]*:\/\//,
        'destructive',
      ],
      [/:237[56](\/|$)/, 'destructive'],
      [/^(-X)?DELETE$|^--request=DELETE$/i, 'destructive'],
      [/(^|=)(file|scp|sftp|smb|telnet|dict|gopher|ldap|tftp):/i, 'destructive'],
      [/^(-[a-zA-Z]*J|--remote-h)/, 'destructive'],
    ],
  },
  wget: {
    risk: 'write',
    outputs: 'O output-document P directory-prefix o output-file a append-output save-cookies hsts-file warc-file rejected-log',
    readsOnly: { all: /^(-O-|-qO-|-qO|-O|-|-q|--spider|-S|--quiet|https?:\/\/[^\s]+)$/, one: /^(-O-|-qO-|-|--spider)$/ },
    acts: 'post-data post-file body-data body-file method use-askpass e execute config i input-file use-server ca-certificate ftp-user',
  },
  http: httpie,
  xh: httpie,
  crontab: { risk: 'destructive', readsOnly: { all: /^-l$/, one: /^-l$/ } },
  chmod: {
    risk: 'write',
    raise: [
      [/^(-[a-zA-Z]*R|--recursive)/, 'destructive'],
      [/^([ugoa]*[+=][rwx]*s|[2467]\d{3})$/, 'destructive'],
    ],
  },
  chown: { risk: 'write', raise: [[/^(-[a-zA-Z]*R|--recursive)/, 'destructive']] },
  rsync: {
    risk: 'write',
    acts: 'e M rsh rsync-path remote-option remove-source-files remove-sent-files delete delete-before delete-after delete-during delete-excluded del inplace copy-devices write-devices daemon config',
    raise: [[/^--(del|remove|rsh)/, 'destructive']],
    outputs: 'log-file write-batch only-write-batch backup-dir T temp-dir partial-dir',
    readsOnly: {
      all: /^(-[a-df-zA-LN-Z]*|--dry-run|--list-only|[^-].*)$/,
      one: /^(-[a-df-zA-LN-Z]*n[a-df-zA-LN-Z]*|--dry-run|--list-only)$/,
    },
  },
  scp: { risk: 'write', acts: 'o S D J F' },
  'ssh-add': { risk: 'destructive', readsOnly: { all: /^-[lL]$/, one: /^-/ } },
  tar,
  bsdtar: tar,
  zfs: { risk: 'destructive', subcommands: { read: subs('list get holds diff'), write: subs('snapshot bookmark'), other: 'destructive' } },
  zpool: {
    risk: 'destructive',
    subcommands: { read: subs('status list get history iostat events'), write: subs('scrub'), other: 'destructive' },
  },
  btrfs: {
    risk: 'destructive',
    subcommands: {
      read: subs('filesystem.show filesystem.df filesystem.usage subvolume.list subvolume.show device.stats scrub.status'),
      write: subs('subvolume.snapshot scrub.start'),
      other: 'destructive',
    },
  },
  swapon: { risk: 'destructive', readsOnly: { all: /^(-s|--show.*|--summary)$/ } },
  mdadm: { risk: 'destructive', readsOnly: { all: /^(--detail|-D|--examine|-E|\/dev\/md\w+)$/, one: /^-/ } },
  sysctl: { risk: 'destructive', readsOnly: { all: /^(-[aAnN]+|--all|[a-z0-9_.]+)$/, one: /./ } },
  nft: { risk: 'destructive', readsOnly: { all: /^(list|ruleset|tables|table|chain|inet|filter)$/, one: /list/ } },
  iptables: {
    risk: 'destructive',
    readsOnly: { all: /^(-[LSnv]+|-t|nat|filter|mangle|--line-numbers|INPUT|OUTPUT|FORWARD)$/, one: /^-[LS]/ },
  },
  ufw: { risk: 'destructive', readsOnly: { all: /^(status|verbose|numbered)$/, one: /status/ } },
  'firewall-cmd': { risk: 'destructive', readsOnly: { all: /^--(list-.*|state|get-.*)$/ } },
  nmcli: {
    risk: 'destructive',
    readsOnly: { all: /^(-[tpgf]|general|g|status|device|dev|d|connection|con|c|show|list|wifi|--active|[A-Z,]+)$/ },
  },
  kill: { risk: 'destructive', readsOnly: { all: /^(-l|-L|-0|\d+)$/, one: /^-[lL0]$/ } },
  passwd: { risk: 'destructive', readsOnly: { all: /^(-S|--status|[\w-]+)$/, one: /^-/ } },
  openssl: {
    risk: 'write',
    subcommands: {
      read: subs('x509 s_client version dgst rand verify ciphers asn1parse'),
      write: subs('req genrsa genpkey ecparam'),
      other: 'destructive',
    },
    acts: '-engine -provider -provider-path -propquery -config -conf -rand_serial -engine_impl',
    outputs: '-out -writerand -sess_out -keylogfile -CAserial -keyout -signout',
    changes: '-CAcreateserial',
  },
  gpg: {
    risk: 'write',
    raise: [[/^--(delete|batch-delete|gen-revoke|import-ownertrust)/, 'destructive']],
    acts: `exec-path photo-viewer keyserver-options homedir options agent-program dirmngr-program pinentry-mode keyboxd-program card-program
      load-extension edit-key server delete-keys delete-secret-keys delete-key`,
    outputs: 'o output logger-file status-file attribute-file export-ownertrust-file',
    readsOnly: { all: /^(--(list.*|fingerprint|version|verify)|-[kK]|[\w@.]+)$/, one: /^-/ },
  },
  'ssh-keygen': {
    risk: 'write',
    raise: [[/^-(R|D|s|Y|I|w|A)|\.ssh\//, 'destructive']],
    readsOnly: { all: /^(-[lvBf]+|-[fE]|[^-].*)$/, one: /^-[vB]*l/ },
  },
  loginctl: {
    risk: 'read',
    subcommands: { read: subs('list-sessions list-users show-session show-user session-status user-status'), other: 'destructive' },
  },
  coredumpctl: { risk: 'read', subcommands: { read: subs('list info'), other: 'destructive' } },
  logrotate: { risk: 'destructive', readsOnly: { all: /^(-d|--debug|\/etc\/logrotate\.conf)$/, one: /^(-d|--debug)$/ } },
  tmux: { risk: 'destructive', subcommands: { read: subs('ls list-sessions list-windows'), other: 'destructive' } },
  screen: { risk: 'destructive', readsOnly: { all: /^-(ls|list)$/, one: /^-/ } },
  zip: { risk: 'write', acts: 'm d T move delete unzip-command test', outputs: 'O output-file' },
  unzip: { risk: 'write', raise: [[/^-[a-zA-Z]*[o:]/, 'destructive']], readsOnly: { all: /^(-[lvtZp]+|[^-].*)$/, one: /^-[lvtZp]+$/ } },
  '7z': {
    risk: 'write',
    subcommands: { read: subs('l t'), write: subs('a x e u'), other: 'destructive' },
    raise: [[/^-(sdel|aoa|y|si)/, 'destructive']],
    outputs: 'o',
  },
  cp: {
    risk: 'write',
    raise: [
      [/^\/dev\/(null|zero|u?random)$/, 'destructive'],
      [/^--(remove-destination|strip)/, 'destructive'],
    ],
  },
  gcc: compiler,
  'g++': compiler,
  cc: compiler,
  'c++': compiler,
  clang: compiler,
  'clang++': compiler,
  mail: { risk: 'write', acts: 'S ~ N' },
  mailx: { risk: 'write', acts: 'S ~ N' },
  sendmail: { risk: 'write', acts: 'C X O p bd bs' },
  msmtp: { risk: 'write', acts: 'C file passwordeval X logfile' },
  convert: { risk: 'write', raise: [[/^(msl|ephemeral|mvg|text|label|caption):|^@/i, 'destructive']] },
  magick: { risk: 'write', raise: [[/^(msl|ephemeral|mvg|text|label|caption):|^@|^-script$/i, 'destructive']] },
  ln: { risk: 'write', raise: [[/^(-[a-zA-Z]*[fF]|--force)/, 'write']] },
  ffmpeg: {
    risk: 'write',
    raise: [[/^-(y|dump_attachment.*|filter_complex_script|filter_script.*)$/, 'destructive']],
    outputs: '-progress -passlogfile -vstats_file',
  },
  exportfs: { risk: 'destructive', readsOnly: { all: /^-v$/, one: /^-v$/ } },
};
