/** A set of words, written as a text. */
export const wordSet = (text: string): ReadonlySet<string> => new Set(text.split(/[\s,]+/).filter(Boolean));

/** Only read, whatever their arguments. */
export const readers = wordSet(`arch basename cal cat cksum cmp column comm cut df diff dig dirname du echo expand expr false file fold
  free getent getconf groups head hexdump host hwclock id iostat ipcs jq join last lastlog locale ls lsattr lsblk lscpu lsmem
  lsmod lsof lspci lsusb lsb_release md5sum mpstat netstat nl nproc nslookup od paste pgrep ping ping6 pidof pmap printenv pstree
  pwd readlink realpath rev sar seq sensors sha1sum sha224sum sha256sum sha384sum sha512sum b2sum sleep ss stat strings tac tail test
  [ [[ { times tput tr traceroute tracepath tree true tty type ulimit umask uname uniq unexpand uptime vmstat w wc whereis which who whoami
  whois more yes zcat zgrep bzcat xzcat zless cd pushd popd dirs : return break continue shift wait jobs let read unset set shopt printf
  apropos whatis look numfmt shuf factor nvidia-smi acpi blkid findmnt lshw hostid logname users tty getfacl namei pathchk 
  mtr iperf3 fping iwlist upower vnstat iotop htop btop top atop glances dstat  zipinfo  ffprobe pdfinfo
   ncdu dust duf bat exa eza lsd  tldr local declare typeset readonly history fc-list egrep fgrep base32
  grep base64 ncal apt-cache dpkg-query lvs vgs pvs lvdisplay vgdisplay systemd-analyze systemd-cgls mailq showmount nmblookup testparm smbtree getcap getpcaps lsns lslocks lsipc lsirq uuidgen mcookie locate plocate`);

/** Change things that are easily changed back. */
export const writers = wordSet(`mkdir touch cp mv ln gzip gunzip zip unzip xz unxz zstd bzip2 bunzip2 lz4 patch split csplit
  chgrp setfacl export install lpr logger mktemp mkfifo wait convert magick ffmpeg pandoc gpg  dos2unix unix2dos 
  alias unalias bg fg disown notify-send wall mail mailx sendmail msmtp tmux screen tee cargo go make cmake ninja mvn gradle tsc
  eslint prettier pytest rustc gcc g++ cc clang javac dotnet composer bundle poetry uv pipx loginctl updatedb  sync
  speedtest speedtest-cli wakeonlan etherwake ssh-keygen ssh-keyscan certbot mount.cifs nmcli bluetoothctl amixer pactl playerctl
  yt-dlp     code xdg-open hugo jekyll`);

/** Destroy, or change what is hard to change back; or may do anything. */
export const destroyers = wordSet(`rm rmdir unlink shred wipe srm dd wipefs fdisk sfdisk cfdisk gdisk sgdisk parted partprobe mkswap
  swapoff swapon shutdown reboot poweroff halt init telinit kill pkill killall killall5 skill userdel groupdel usermod useradd adduser
  deluser addgroup groupadd groupmod passwd chpasswd chsh chfn gpasswd vipw truncate fallocate blkdiscard hdparm nvme iptables
  ip6tables iptables-restore nft ufw firewall-cmd ebtables umount losetup lvremove lvreduce vgremove pvremove lvresize lvextend
  mdadm cryptsetup dropdb dropuser mongosh mongo visudo chroot unshare nsenter su runuser setpriv capsh pivot_root switch_root kexec
  insmod rmmod modprobe depmod sysctl setenforce semanage dpkg-reconfigure update-grub grub-install efibootmgr flashrom fwupdmgr
  debugfs tune2fs e2fsck fsck xfs_repair btrfstune resize2fs badblocks at batch systemd-run anacron run-parts start-stop-daemon
  pkexec run0 newgrp sg busctl dbus-send gdbus qdbus flatpak-spawn eject rfkill ifdown ifup tc brctl wpa_cli lvcreate vgcreate pvcreate vgreduce e2label xfs_growfs growpart newfs smbpasswd pdbedit
  ldapdelete ldapmodify rtcwake pm-suspend fusermount fusermount3 emerge nix-env nix-collect-garbage machinectl vagrant ansible-pull
  s3cmd gcloud az doctl hcloud heroku flyctl fly vercel netlify duplicity influx etcdctl consul vault sponge
  cpio sqlite3 psql mysql mariadb sftp ansible wg-quick gdb lldb strace ltrace perf  bpftrace expect script socat nc ncat netcat telnet rsh rlogin tcpdump nmap npx bunx dlx
  ed ex vi vim nvim emacs nano pico micro source . eval exec trap enable hash bind complete compgen mapfile readarray coproc
    mtd mt sg_format nbd-client rpcclient smbclient lftp ftp tftp parallel entr  watchexec
   osascript setcap chattr mknod mount.nfs  zerofree setfattr  exportfs  lpadmin`);

/** What a program that is not listed here is asked to do when it destroys, or starts another. */
export const destroyingVerbs = wordSet(`delete del destroy remove rm purge prune terminate drop wipe format kill reset erase undefine
  uninstall unmerge disconnect shutdown poweroff reboot flush truncate clear clean detach revoke disable stop overwrite exec run eval`);

/** Run a program text that this grammar does not read. */
export const interpreters = wordSet(`sh bash dash zsh ksh mksh fish ash csh tcsh rbash yash python python2 python3 pypy pypy3 ipython node
  nodejs deno bun perl ruby irb php lua luajit tclsh wish guile racket sbcl julia R Rscript groovy scala java kotlin pwsh powershell jshell
  erl elixir iex ghci runghc ocaml octave  m4  swift dart raku crystal jjs ts-node tsx`);

/** Shells among them: their `-c` and their input are lines that can be read. */
export const shells = wordSet('sh bash dash zsh ksh mksh ash rbash yash');

export const fetchers = wordSet('curl wget fetch aria2c http https xh lynx w3m nc ncat netcat socat ftp tftp');

/** Leave something that acts later. */
export const persisting = wordSet('crontab at batch systemd-run anacron useradd adduser ssh-copy-id chsh ssh-import-id');

/** Talk to other machines. */
export const reachingOut = wordSet(`curl wget fetch aria2c http https xh lynx w3m ssh scp sftp rsync nc ncat netcat socat telnet mail mailx
  sendmail msmtp git npm npx yarn pnpm pip pip3 docker podman kubectl helm ftp lftp tftp rclone restic borg aws gcloud az gh yt-dlp
  ssh-copy-id ping dig nslookup host whois nmap mosh`);
