import type { SimpleCommand } from '../shell-words.ts';
import { wordSet } from './names.ts';
import { hasOption } from './options.ts';
import { ruleFor } from './rules.ts';
import { isAmong, subcommandOf } from './subcommands.ts';
import { program } from './wrappers.ts';

/** What a command does on the network. */
export interface Traffic {
  /** Something of ours may leave: data, or a name that a stranger's server is asked for. */
  sends: boolean;
  /** What it prints may be a stranger's text. */
  hears: boolean;
}

const none: Traffic = { sends: false, hears: false };
const sends: Traffic = { sends: true, hears: false };
const talks: Traffic = { sends: true, hears: true };

/** Whatever they are told, they talk to other machines, and print what those say. */
const talkers =
  wordSet(`curl wget fetch aria2c http https xh httpie lynx w3m links elinks ssh autossh scp sftp nc ncat netcat socat telnet ftp lftp tftp
  yt-dlp youtube-dl mosh aws gcloud az gh glab hcloud doctl s3cmd mc flyctl heroku vercel netlify npx bunx pnpx uvx whois tldr speedtest speedtest-cli nmap
  rclone restic borg smbclient rpcclient showmount ldapsearch mosquitto_sub mosquitto_pub websocat grpcurl xdg-open open gio
  sensible-browser www-browser gnome-open kde-open certbot s5cmd gsutil ansible ansible-playbook ansible-galaxy irssi
  weechat finger rsh rlogin rdesktop xfreerdp vncviewer apt-key add-apt-repository snmpwalk snmpget ipmitool influx etcdctl consul vault
  mongosh mongo freshclam chromium chromium-browser google-chrome firefox wkhtmltopdf telegram-send apprise ntfy
  cloudflared ngrok gem bundle composer ssh-keyscan ssh-copy-id ssh-import-id`);

/** They say something, and what they print are numbers and names. */
const senders =
  wordSet(`ping ping6 fping hping3 arping nping traceroute traceroute6 tracepath tracepath6 tcptraceroute mtr mtr-packet iperf iperf3 dig host nslookup
  delv drill kdig mail mailx s-nail mutt neomutt sendmail msmtp swaks nmblookup avahi-resolve ntpdate sntp rdate mount.nfs mount.cifs
  lpr lp wol qrsh dhclient udhcpc`);

/** Programs of which only some subcommands talk; `noun.verb` where the noun alone does not say it. */
const talkingSubcommands: Record<string, ReadonlySet<string>> = {
  git: wordSet(`fetch pull clone ls-remote lfs submodule.update submodule.add submodule.foreach remote.update remote.show remote.prune send-email
    request-pull svn p4 fetch-pack send-pack http-fetch http-push imap-send credential daemon maintenance upload-archive cvsimport instaweb`),
  docker: wordSet(`pull push login logout search run create build buildx plugin image.pull image.push image.build container.run
    container.create compose.pull compose.push compose.up compose.build compose.run compose.create
    compose.publish manifest swarm stack.deploy service.create service.update trust scout context.create`),
  kubectl:
    wordSet(`apply create delete replace patch edit run exec cp attach debug proxy port-forward set scale autoscale label annotate expose rollout.restart
    rollout.undo drain cordon uncordon taint certificate`),
  helm: wordSet('install upgrade pull push repo search.hub registry dependency plugin uninstall rollback'),
  npm: wordSet(`install i ci add update up publish unpublish login logout adduser view info show search outdated audit doctor ping token team access owner deprecate
    dist-tag star stars whoami exec x create init fund hook org profile install-test it cit`),
  yarn: wordSet('install add upgrade up publish info audit outdated login npm dlx create'),
  pnpm: wordSet('install i add update up publish view info audit outdated dlx create fetch'),
  pip: wordSet('install download search wheel index'),
  pip3: wordSet('install download search wheel index'),
  pipx: wordSet('install upgrade run inject upgrade-all'),
  uv: wordSet('sync add lock pip run tool publish python'),
  poetry: wordSet('install add update lock publish search source'),
  cargo: wordSet('install search publish update add fetch login owner yank'),
  go: wordSet('get install mod.download mod.tidy'),
  apt: wordSet('update install upgrade full-upgrade changelog download source build-dep'),
  'apt-get': wordSet('update install upgrade dist-upgrade changelog download source build-dep'),
  aptitude: wordSet('update install upgrade changelog download'),
  dnf: wordSet('install update upgrade search info makecache download check-update'),
  yum: wordSet('install update upgrade search info makecache check-update'),
  zypper: wordSet('install in update up refresh ref'),
  apk: wordSet('add update upgrade fetch'),
  brew: wordSet('install update upgrade fetch tap search'),
  snap: wordSet('install refresh find info download'),
  flatpak: wordSet('install update search remote-add remote-ls'),
  terraform: wordSet('init plan apply destroy import refresh login'),
  openssl: wordSet('s_client s_time ocsp cmp'),
  resolvectl: wordSet('query service openpgp tlsa'),
};
const aliases: Record<string, string> = {
  podman: 'docker',
  nerdctl: 'docker',
  'docker-compose': 'docker',
  oc: 'kubectl',
  tofu: 'terraform',
};

/** They fetch a link that they are given. */
const fetchesLinks =
  wordSet(`ffmpeg ffprobe ffplay pandoc convert magick identify mpv mplayer vlc kubectl helm dpkg rpm pip xmllint xsltproc code yt-dlp
  gst-launch-1.0 streamlink sox soxi mediainfo exiftool gron mdcat openssl wkhtmltoimage inkscape soffice libreoffice kustomize svn hg bzr rsync virsh nix qemu-img`);

/** Records of DNS that hold whatever text their owner wrote. */
const freeText = /^(-t|--type=?|-type=|-query=|-q)?(txt|any|spf|caa|uri|axfr|ixfr|srv|naptr|hinfo|rp|type\d+)$/i;

export function trafficOf(command: SimpleCommand): Traffic {
  if (command.readsFrom.some((file) => /^\/dev\/(tcp|udp)\//.test(file))) return talks;
  const name = program(command);
  const args = command.words.slice(1);
  if (args.length === 1 && /^(--version|--help)$/.test(args[0]!)) return none;
  if (talkers.has(name)) return talks;
  if (senders.has(name))
    return /^(dig|host|nslookup|delv|drill|kdig)$/.test(name) && args.some((arg) => freeText.test(arg)) ? talks : sends;
  return bySubcommand(name, args) ?? byArguments(name, args);
}

function bySubcommand(name: string, args: string[]): Traffic | undefined {
  const known = Object.hasOwn(aliases, name) ? aliases[name]! : name;
  const list = Object.hasOwn(talkingSubcommands, known) ? talkingSubcommands[known] : undefined;
  if (!list) return undefined;
  const found = subcommandOf(ruleFor(name) ?? {}, args);
  const sub = name.endsWith('-compose') ? { ...found, noun: 'compose', verb: found.noun } : found;
  if (isAmong(list, sub) || (sub.doubtful && isAmong(list, { noun: sub.verb, doubtful: false }))) return talks;
  if (hasOption(args, elsewhere[known] ?? '')) return talks;
  if (known === 'git' && sub.noun === 'push') return sends;
  return fetchesLinks.has(known) ? undefined : none;
}

/** Options that name another machine. */
const elsewhere: Record<string, string> = {
  docker: 'H host c context',
  kubectl: 's server kubeconfig context',
  git: 'remote upload-pack',
};

function byArguments(name: string, args: string[]): Traffic {
  if (fetchesLinks.has(name) && args.some((arg) => /(?<![a-z0-9+.-])(?!file:)[a-z][a-z0-9+.-]*:\/\//i.test(arg))) return talks;
  if (name === 'getent') return args.some((arg) => /^(hosts|ahosts\w*)$/.test(arg)) ? sends : none;
  if (name === 'logger') return hasOption(args, 'n server') ? sends : none;
  if (/^gpg2?$/.test(name)) return hasOption(args, keyServers) ? talks : none;
  if (/^(rsync|tar|cpio|mt)$/.test(name))
    return args.some((arg) => /^(--\w[\w-]*=)?[\w.@-]+:[^:]|^[\w.@-]*::|^rsync:/.test(arg)) ? talks : none;
  if (/^(psql|mysql|mariadb|redis-cli|mysqldump|pg_dump|mysqladmin)$/.test(name)) return isElsewhere(args) ? talks : none;
  if (/^(systemctl|journalctl|loginctl|hostnamectl|timedatectl|systemd-analyze|busctl)$/.test(name))
    return hasOption(args, 'H host') ? talks : none;
  if (name === 'nvme' || name === 'virsh') return hasOption(args, 'c connect') ? talks : none;
  if (name === 'ps' || name === 'lspci') return name === 'lspci' && hasOption(args, 'q Q') ? sends : none;
  return none;
}

const keyServers =
  'send-keys recv-keys receive-keys search-keys refresh-keys fetch-keys locate-keys locate-external-keys keyserver auto-key-locate auto-key-retrieve';

/** A database that is told a host other than this one. */
const isElsewhere = (args: string[]): boolean =>
  args.some((arg, index) => {
    const host = /^(-h|--host|--hostname)$/.test(arg) ? args[index + 1] : /^(?:-h|--host(?:name)?=)(.+)$/.exec(arg)?.[1];
    return (host !== undefined && !/^(localhost|127\.[\d.]+|::1|\/.*)$/.test(host)) || /^\w+:\/\/(?!localhost|127\.)[^/]*@?/.test(arg);
  });
