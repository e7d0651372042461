/** A set of words, written as a text. */
export const wordSet = (text: string): ReadonlySet<string> => new Set(text.split(/[\s,]+/).filter(Boolean));

/** Only read, whatever their arguments. */
export const readers = wordSet(`arch basename cal cat cksum cmp column comm cut df diff dig dirname du echo expand expr false fold free
  getconf groups head hexdump id iostat ipcs jq join locale ls lsattr lsblk lscpu lsmem lsmod lsusb lsb_release md5sum mpstat netstat
  nl nproc nslookup od paste ping ping6 pidof pmap printenv pstree pwd readlink realpath rev seq sha1sum sha224sum sha256sum sha384sum
  sha512sum b2sum sleep stat strings tac tail test [ [[ { times tput tr traceroute tracepath true tty type ulimit umask uname unexpand
  uptime vmstat w wc whereis which who whoami whois yes zcat zgrep bzcat xzcat cd pushd popd dirs : return break continue shift wait
  jobs let read unset set shopt printf apropos whatis numfmt factor acpi findmnt hostid logname users getfacl namei pathchk fping
  iwlist zipinfo ffprobe pdfinfo dust duf exa eza lsd tldr local declare typeset readonly fc-list egrep fgrep base32 grep base64 ncal
  showmount nmblookup testparm smbtree getcap getpcaps lsns lslocks lsipc lsirq uuidgen mcookie locate plocate exit env clear reset numastat xfs_info hddtemp dumpe2fs debconf-show apt-config pr fmt tsort
  sum dircolors getopts caller help logout readelf objdump nm size lslogins mountpoint findfs getopt isosize colrm pwdx pidwait lsfd
  gzcat lzcat zstdcat zdiff zcmp rgrep lsscsi lsinitramfs lsinitcpio lsgpu clinfo glxinfo vulkaninfo xdpyinfo modinfo lsappinfo sw_vers
  dbus-monitor avahi-browse ipcalc sipcalc prips units tokei cloc scc hexyl mdcat mediainfo identify soxi shellcheck hadolint
  actionlint pwgen xkcdpass jc gron htmlq pup`);

/** Change things that are easily changed back. */
export const writers = wordSet(`mkdir touch cp mv ln gzip gunzip zip unzip xz unxz zstd bzip2 bunzip2 lz4 csplit chgrp setfacl export
  lpr logger mkfifo wait magick pandoc dos2unix unix2dos alias unalias bg fg disown notify-send wall mail mailx sendmail msmtp tee
  cmake ninja mvn gradle tsc eslint prettier pytest rustc gcc g++ cc clang javac dotnet composer bundle poetry uv pipx loginctl
  updatedb sync speedtest speedtest-cli wakeonlan etherwake ssh-keygen ssh-keyscan certbot mount.cifs nmcli bluetoothctl amixer pactl
  playerctl yt-dlp code xdg-open hugo jekyll pip lp mogrify convert renice ipcmk fstrim link rsvg-convert cwebp optipng jpegoptim
  pngquant black ruff isort mypy flake8 pylint tox nox vitest jest mocha ava playwright cypress webpack vite rollup esbuild turbo nx
  lerna gulp grunt ng next nuxt astro swc babel stylelint golangci-lint staticcheck gofmt goimports rustfmt clippy-driver clang-format
  clang-tidy cppcheck meson bazel bazelisk buck scons waf ant sbt lein rake rspec phpunit phpstan ld as ar strip objcopy ranlib nasm
  yasm pdflatex xelatex lualatex latexmk tectonic typst sphinx-build mkdocs docusaurus eleventy zola pre-commit husky lint-staged
  commitlint semantic-release just task mage invoke fab ctest xcodebuild gradlew mvnw flutter zig protoc buf sqlc dbmate alembic prisma
  knex typeorm sequelize http-server serve live-server nodemon concurrently wait-on c++ ccache distcc`);

/** Destroy, or change what is hard to change back; or may do anything. */
export const destroyers =
  wordSet(`apt-key add-apt-repository apt-add-repository sensors-detect tuned-adm powerprofilesctl x86_energy_perf_policy turbostat bpftool sshfs curlftpfs mount.davfs prename perl-rename mmv unrar pee mispipe zrun vidir atrm crond httpd telnetd ftpd tftpd inetd xinetd udhcpd sshd dropbear vsftpd smbd ntpd dnsd view vimdiff rvim rview gvim helix hx kak joe jed mcedit emacsclient sudoedit rm rmdir unlink shred wipe srm dd wipefs fdisk sfdisk cfdisk gdisk sgdisk parted partprobe mkswap
  swapoff swapon shutdown reboot poweroff halt init telinit kill pkill killall killall5 skill userdel groupdel usermod useradd adduser
  deluser addgroup groupadd groupmod passwd chpasswd chsh chfn gpasswd vipw truncate fallocate blkdiscard hdparm nvme iptables
  ip6tables iptables-restore nft ufw firewall-cmd ebtables umount lvremove lvreduce vgremove pvremove lvresize lvextend mdadm
  cryptsetup dropdb dropuser mongosh mongo visudo chroot unshare nsenter su runuser setpriv capsh pivot_root switch_root kexec insmod
  rmmod modprobe depmod sysctl setenforce semanage dpkg-reconfigure update-grub grub-install efibootmgr flashrom fwupdmgr debugfs
  tune2fs e2fsck fsck xfs_repair btrfstune resize2fs badblocks at batch systemd-run anacron run-parts start-stop-daemon pkexec run0
  newgrp sg busctl dbus-send gdbus qdbus flatpak-spawn eject rfkill ifdown ifup tc brctl wpa_cli lvcreate vgcreate pvcreate vgreduce
  e2label xfs_growfs growpart newfs smbpasswd pdbedit ldapdelete ldapmodify rtcwake pm-suspend fusermount fusermount3 emerge nix-env
  nix-collect-garbage machinectl vagrant ansible-pull s3cmd gcloud az doctl hcloud heroku flyctl fly vercel netlify duplicity influx
  etcdctl consul vault sponge cpio sqlite3 psql mysql mariadb sftp ansible wg-quick gdb lldb strace ltrace perf bpftrace expect script
  socat nc ncat netcat telnet rsh rlogin tcpdump nmap npx bunx dlx ed ex vi vim nvim emacs nano pico micro source . eval exec trap
  enable hash bind complete compgen mapfile readarray coproc mtd mt sg_format nbd-client rpcclient smbclient lftp ftp tftp parallel
  entr watchexec osascript setcap chattr mknod mount.nfs zerofree setfattr exportfs lpadmin ipcrm fsfreeze hardlink partx addpart
  delpart resizepart chcpu chmem ctrlaltdel swaplabel blkzone snice scriptlive chcon restorecon semodule setsebool fixfiles dmsetup
  lvconvert pvmove vgchange lvchange vgrename lvrename vgcfgrestore multipath iscsiadm ipset conntrack ipvsadm arptables devlink dcb
  tipc vdpa rdma genl ovs-vsctl ovs-ofctl setpci ntpdate rdate dhclient dhcpcd udhcpc netplan nmtui wpa_supplicant hostapd iwctl
  mii-tool newusers groupmems pwck grpck vigr pwconv pwunconv grpconv newuidmap newgidmap sss_cache authselect pam-auth-update
  update-rc.d chkconfig insserv rc-update update-ca-certificates trust update-initramfs mkinitcpio dracut grub-mkconfig grub2-mkconfig
  grub2-install grub-reboot ldconfig alternatives dpkg-divert dpkg-statoverride debconf-set-selections snapper timeshift opkg
  xbps-install xbps-remove launchctl defaults diskutil dscl pmset nvram csrutil spctl networksetup scutil tmutil softwareupdate initctl
  s6-svc monit fc fsck.ext4 fsck.xfs fsck.vfat e4defrag xfs_fsr xfs_db btrfs-convert ntfsfix ntfsresize dislocker cloud-init sulogin
  ldattach setkeycodes loadkeys setfont chvt openvt deallocvt homectl portablectl ldd logsave systemd-mount systemd-umount
  systemd-tmpfiles systemd-sysusers systemd-nspawn systemd-hwdb systemd-firstboot systemd-machine-id-setup systemd-cryptenroll
  systemd-repart systemd-sysext systemd-confext systemd-creds systemd-stdio-bridge dbus-launch aa-exec aa-disable aa-complain
  aa-enforce apparmor_parser auditctl nologin lxc-attach lxc-destroy lxc-stop lxc-execute firejail bwrap proot fakechroot arch-chroot
  schroot debootstrap mmdebstrap ssh-copy-id ssh-import-id mysqlimport pg_restore pg_resetwal pg_ctl initdb createuser
  mysql_secure_installation rabbitmqctl kafka-topics zkCli.sh rados ceph rbd gluster drbdadm pcs crm corosync-cfgtool ipmitool zap
  mokutil tpm2_clear cryptsetup-reencrypt aide tripwire wodim growisofs cdrecord cdrskin flash_erase flashcp nandwrite fw_setenv
  dfu-util esptool.py esptool avrdude picotool adb fastboot heimdall qemu-nbd guestmount guestfish virt-customize virt-sparsify gparted
  fdupes rdfind rmlint jdupes stow bleachbit tmpreaper tmpwatch logadm trash-empty`);

/** What a program that is not listed here is asked to do when it destroys, or starts another. */
export const destroyingVerbs = wordSet(`delete del destroy remove rm purge prune terminate drop wipe format kill reset erase undefine
  uninstall unmerge disconnect shutdown poweroff reboot flush truncate clear clean detach revoke disable stop overwrite exec run eval
  rmi down drain rollback restore revert forget evict halt dd dropdb rm-rf`);

/** Run a program text that this grammar does not read. */
export const interpreters = wordSet(`sh bash dash zsh ksh mksh fish ash csh tcsh rbash yash python python2 python3 pypy pypy3 ipython node
  nodejs deno bun perl ruby irb php lua luajit tclsh wish guile racket sbcl julia R Rscript groovy scala java kotlin pwsh powershell jshell
  erl elixir iex ghci runghc ocaml octave  m4  swift dart raku crystal jjs ts-node tsx`);

/** Shells among them: their `-c` and their input are lines that can be read. */
export const shells = wordSet('sh bash dash zsh ksh mksh ash rbash yash');

export const fetchers = wordSet('curl wget fetch aria2c http https xh lynx w3m nc ncat netcat socat ftp tftp');

/** Leave something that acts later. */
export const persisting = wordSet(
  'crontab at batch systemd-run anacron useradd adduser ssh-copy-id chsh ssh-import-id gsettings dconf xdg-mime xdg-settings',
);

/** Carry out what files of the project or of a package say: building, testing, linting with plugins, installing. */
export const runners =
  wordSet(`make gmake cmake ninja meson bazel bazelisk buck scons waf ant mvn mvnw gradle gradlew sbt lein rake just task mage invoke fab ctest
  npm yarn pnpm npx bunx pnpx tsc eslint prettier vitest jest mocha ava playwright cypress webpack vite rollup esbuild turbo nx lerna gulp grunt ng next
  nuxt astro swc babel stylelint pytest tox nox mypy pylint pip pip3 pipx uv poetry pre-commit cargo go rustc golangci-lint staticcheck gem bundle composer rspec
  phpunit phpstan dotnet javac hugo jekyll zola eleventy mkdocs sphinx-build docusaurus latexmk pdflatex xelatex lualatex husky lint-staged commitlint semantic-release
  alembic prisma knex typeorm sequelize http-server serve live-server nodemon concurrently wait-on terraform tofu ansible ansible-playbook flutter
  xcodebuild zig code ccache distcc convert magick`);
