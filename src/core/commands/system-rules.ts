import type { ProgramRule } from './rules.ts';
import { wordSet } from './names.ts';

/** Subcommands; two words joined by a dot are a noun and its verb. */
const subs = wordSet;

/** Programs of the system: files, disks, network, processes. */
export const systemRules: Record<string, ProgramRule> = {
  man: { risk: 'read', raise: [[/^(-[a-zA-Z]*[PHCtT]|--(pager|html|config|preprocessor|troff))/, 'destructive']] },
  ssh: {
    risk: 'write',
    raise: [
      [
        /^(-o)?(Proxy|LocalCommand|PermitLocal|KnownHostsCommand|Match|Include|Control|SetEnv|IdentityAgent|PKCS|XAuth|RemoteCommand)/i,
        'destructive',
      ],
      [/^-[a-zA-Z]*[FLRDw]/, 'destructive'],
      [/^([\w.-]+@)?(localhost|127\.[\d.]+|::1|0|0\.0\.0\.0)$/, 'destructive'],
    ],
  },
  fuser: { risk: 'read', raise: [[/^-[a-zA-Z]*k|^--kill/, 'destructive']] },
  mv: { risk: 'write', raise: [[/^\/dev\//, 'destructive']] },
  chgrp: { risk: 'write', raise: [[/^(-[a-zA-Z]*R|--recursive)/, 'destructive']] },
  setfacl: { risk: 'write', raise: [[/^(-[a-zA-Z]*[Rbk]|--(recursive|remove|restore))/, 'destructive']] },
  aria2c: { risk: 'write', raise: [[/^--(on-|conf-path|input-file|load-cookies|save)/, 'destructive']] },
  'yt-dlp': { risk: 'write', raise: [[/^--(exec|config|netrc-cmd|plugin|downloader|external|batch|use-postprocessor)/, 'destructive']] },
  pandoc: { risk: 'write', raise: [[/^(-[FL]|--(filter|lua-filter|pdf-engine|defaults|extract))/, 'destructive']] },
  find: {
    risk: 'read',
    raise: [
      [/^-(delete|fprint.*|fls)$/, 'destructive'],
      [/^-files0-from$/, 'write'],
    ],
  },
  fd: { risk: 'read', raise: [[/^(-[a-zA-Z]*[xX]|--exec.*)/, 'destructive']] },
  rg: { risk: 'read', raise: [[/^--(pre|hostname-bin)/, 'destructive']] },
  sort: {
    risk: 'read',
    raise: [
      [/^(-[a-zA-Z]*o|--o)/, 'write'],
      [/^--compress/, 'destructive'],
    ],
  },
  xxd: { risk: 'read', raise: [[/^-r/, 'write']] },
  date: {
    risk: 'read',
    raise: [
      [/^(-[a-zA-Z]*s|--s)/, 'destructive'],
      [/^\d{8,}/, 'destructive'],
    ],
  },
  less: { risk: 'read', raise: [[/^(\+|-[a-zA-Z]*[oOkT]|--(log|lesskey|tag))/, 'destructive']] },
  hostname: { risk: 'read', raise: [[/^[^-]|^-(F|b)|^--(file|boot)/, 'destructive']] },
  hostnamectl: { risk: 'read', subcommands: { read: subs('status hostname'), other: 'destructive' } },
  timedatectl: { risk: 'read', subcommands: { read: subs('status show list-timezones timesync-status'), other: 'destructive' } },
  localectl: { risk: 'read', subcommands: { read: subs('status list-locales list-keymaps'), other: 'destructive' } },
  mount: { risk: 'destructive', readsOnly: { all: /^(-l|-t|-v|ext4|nfs4?|cifs|btrfs|xfs|zfs|overlay|tmpfs)$/ } },
  ip: {
    risk: 'read',
    raise: [
      [/^(a|ad|add|d|de|del|dele|delete|s|se|set|f|fl|flush|c|ch|change|r|re|replace|append|prepend|exec|restore)$/, 'destructive'],
      [/^-(b|batch|n|netns|force|B)$/, 'destructive'],
    ],
  },
  ifconfig: { risk: 'destructive', readsOnly: { all: /^(-a|-s|(eth|en|wl|lo|br|docker|veth|wg|tun|tap)\w*)$/ } },
  iwconfig: { risk: 'destructive', readsOnly: { all: /^(wl\w*)$/ } },
  route: { risk: 'destructive', readsOnly: { all: /^-[ne46]+$/ } },
  arp: { risk: 'read', raise: [[/^-[a-z]*[dsf]|^--(delete|set|file)/, 'destructive']] },
  ethtool: { risk: 'destructive', readsOnly: { all: /^(-[iSgkacT]|[a-z][a-z0-9]+)$/ } },
  iw: { risk: 'read', raise: [[/^(set|add|del|connect|disconnect|join|leave)$/, 'destructive']] },
  dmesg: { risk: 'read', raise: [[/^(-[a-zA-Z]*[cCDEn]|--(clear|read-clear|console))/, 'destructive']] },
  journalctl: { risk: 'read', raise: [[/^--(vacuum|rotate|flush|sync|relinquish|setup-keys|update-catalog)/, 'destructive']] },
  ps: { risk: 'read', raise: [[/^[a-z]*e[a-z]*$/, 'destructive']] },
  curl: {
    risk: 'read',
    raise: [
      [/^(-[a-zA-Z]*[dFTX]|--(data|form|upload|request|json|mail))/, 'write'],
      [/^(-[a-zA-Z]*[oOJcD]|--(output|remote|cookie-jar|dump-header|trace|stderr|libcurl|etag-save|hsts|alt-svc))/, 'write'],
      [/^(-[a-zA-Z]*K|--config|--netrc-file|--engine|--proxy-)/, 'destructive'],
      [/^--(abstract-)?unix-socket|:237[56](\/|$)/, 'destructive'],
      [/^(-X)?DELETE$|^--request=DELETE$/i, 'destructive'],
      [/^(file|scp|sftp|smb|telnet|dict|gopher|ldap|tftp):/i, 'destructive'],
    ],
  },
  wget: {
    risk: 'write',
    readsOnly: { all: /^(-O-|-qO-|-qO|-O|-|-q|--spider|-S|--quiet|https?:\/\/[^\s]+)$/, one: /^(-O-|-qO-|-|--spider)$/ },
    raise: [[/^(--post|--body|--method|--use-askpass|-e|--execute|--config|-i|--input-file|--use-server|--rejected-log)/, 'destructive']],
  },
  http: {
    risk: 'read',
    raise: [
      [/^(POST|PUT|PATCH)$|=|^--download|^-[do]/, 'write'],
      [/^DELETE$/, 'destructive'],
    ],
  },
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
    raise: [[/^(--(del|remove|rsh|rsync-path|inplace|copy-devices|write-devices)|-[a-zA-Z]*e)/, 'destructive']],
    readsOnly: { all: /^(-[a-zA-Z]*|--dry-run|--list-only|[^-].*)$/, one: /^(-[a-zA-Z]*n[a-zA-Z]*|--dry-run|--list-only)$/ },
  },
  scp: { risk: 'write', raise: [[/^-(o|S|D|J|F)/, 'destructive']] },
  'ssh-add': { risk: 'destructive', readsOnly: { all: /^-[lL]$/, one: /^-/ } },
  tar: {
    risk: 'write',
    raise: [
      [/^[cxtrufvzjJ]*P[cxtrufvzjJ]*$/, 'destructive'],
      [
        /^(--(checkpoint-action|to-command|use-compress-program|rsh-command|rmt-command|info-script|new-volume-script|remove-files|delete|overwrite|absolute-names|unlink|recursive-unlink)|-[a-zA-Z]*[IFP])/,
        'destructive',
      ],
    ],
    readsOnly: { all: /^(-?[jJzvZ]*t[jJzvZ]*f?|-f|--(list|file=.*|gzip|verbose)|[^-].*)$/, one: /^(-?[jJzvZ]*t[jJzvZ]*f?|--list)$/ },
  },
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
  smartctl: { risk: 'read', raise: [[/^(-[tsSX]|--(test|set|smart|saveauto|abort))/, 'destructive']] },
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
    raise: [
      [/^-(engine|provider.*)$/, 'destructive'],
      [/^-(out|writerand)$/, 'write'],
    ],
  },
  gpg: {
    risk: 'write',
    raise: [[/^--(delete|batch-delete|gen-revoke|import-ownertrust|exec-path|photo-viewer|keyserver-options)/, 'destructive']],
    readsOnly: { all: /^(--(list.*|fingerprint|version|verify)|-[kK]|[\w@.]+)$/, one: /^-/ },
  },
  'ssh-keygen': { risk: 'write', raise: [[/^-(R|D|s|Y)$|\.ssh\//, 'destructive']], readsOnly: { all: /./, one: /^-[a-z]*l/ } },
  loginctl: {
    risk: 'read',
    subcommands: { read: subs('list-sessions list-users show-session show-user session-status user-status'), other: 'destructive' },
  },
  coredumpctl: { risk: 'read', subcommands: { read: subs('list info'), other: 'destructive' } },
  logrotate: { risk: 'destructive', readsOnly: { all: /^(-d|--debug|\/etc\/logrotate\.conf)$/, one: /^(-d|--debug)$/ } },
  tmux: { risk: 'destructive', subcommands: { read: subs('ls list-sessions list-windows'), other: 'destructive' } },
  screen: { risk: 'destructive', readsOnly: { all: /^-(ls|list)$/, one: /^-/ } },
  zip: { risk: 'write', raise: [[/^(-[a-zA-Z]*[mdT]|--(move|delete|unzip-command|test))/, 'destructive']] },
  unzip: { risk: 'write', raise: [[/^-[a-zA-Z]*[o:]/, 'destructive']], readsOnly: { all: /^(-[lvtZp]+|[^-].*)$/, one: /^-[lvtZp]+$/ } },
  '7z': { risk: 'write', subcommands: { read: subs('l t'), write: subs('a x e u'), other: 'destructive' } },
  cp: {
    risk: 'write',
    raise: [
      [/^\/dev\/(null|zero|u?random)$/, 'destructive'],
      [/^--(remove-destination|strip)/, 'destructive'],
    ],
  },
  ln: { risk: 'write', raise: [[/^(-[a-zA-Z]*[fF]|--force)/, 'write']] },
  ffmpeg: { risk: 'write', raise: [[/^-y$/, 'destructive']] },
  exportfs: { risk: 'destructive', readsOnly: { all: /^-v$/, one: /^-v$/ } },
};
