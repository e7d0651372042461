/** The system's own programs, settings and schedules. */
export const trustedSystem =
  /^\/(private\/)?(etc|usr|s?bin|lib\w*|boot|proc|sys|system|nix|snap)(\/|$)|^\/opt\/(.*\/)?s?bin(\/|$)|^\/var\/spool\/(cron|at|anacron|incron)|^\/run\/(.*\/)?systemd(\/|$)|(^|\/)library\/(launchagents|launchdaemons|startupitems)(\/|$)|\/site-packages\/[^/]*\.pth$/;

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Files that a shell, a session or a program of every day reads as orders, wherever they lie. */
const files = words(`
  .bashrc .bash_profile .bash_login .bash_logout .bash_aliases .bash_completion .profile .shrc .kshrc .mkshrc .cshrc .tcshrc .login .logout
  .zshrc .zprofile .zshenv .zlogin .zlogout .inputrc .envrc .direnvrc .xinitrc .xprofile .xsession .xsessionrc .xserverrc .pam_environment
  .gitconfig .npmrc .yarnrc .yarnrc.yml .pnpmfile.cjs .netrc .pgpass .curlrc .wgetrc .pypirc .condarc .gemrc .hgrc .my.cnf
  .vimrc .gvimrc .exrc .emacs .spacemacs .tmux.conf .screenrc .gdbinit .lldbinit .psqlrc .sqliterc .pythonrc .pythonrc.py .irbrc .pryrc
  .rprofile .lesskey .mailcap .forward .rhosts .shosts authorized_keys sudoers crontab crontabs sitecustomize.py usercustomize.py
  .procmailrc .muttrc .mailrc .xbindkeysrc .wezterm.lua .ripgreprc .terraformrc .pnp.cjs .nvim.lua .dir-locals.el
  .mcp.json .claude.json mcp_config.json claude_desktop_config.json
`);

/** Folders of which everything counts. */
const folders = words(
  '.ssh .gnupg .husky .githooks .oh-my-zsh .bashrc.d .bash_completion.d .profile.d .vim .emacs.d .devcontainer .mvn cron.d',
);

/** What counts below a folder that is ordinary otherwise. */
const below: Record<string, string> = {
  '.config':
    'systemd autostart autostart-scripts environment.d fish git zsh nvim vim nushell direnv mise pip npm tmux i3 sway hypr plasma-workspace kitty alacritty wezterm ghostty powershell starship.toml gh code/user claude containers/systemd',
  '.local': 'bin lib share/systemd share/applications share/dbus-1 share/bash-completion share/fish share/nautilus',
  '.cargo': 'config config.toml env',
  '.docker': 'config.json cli-plugins',
  '.kube': 'config',
  '.aws': 'config credentials',
  '.m2': 'settings.xml',
  '.gradle': 'init.gradle init.d gradle.properties',
  '.vscode': 'tasks.json settings.json launch.json mcp.json',
  '.claude': 'settings.json settings.local.json hooks',
  '.cursor': 'mcp.json',
  '.codex': 'config.toml',
  '.gemini': 'settings.json',
  '.yarn': 'releases plugins',
  '.bundle': 'config',
  node_modules: '.bin',
  '.git': 'hooks config',
};

/** Each as its path segments in small letters; what lies below counts as well. */
export const trustedNames: readonly (readonly string[])[] = [
  ...[...files, ...folders, ...words('cron.hourly cron.daily cron.weekly cron.monthly')].map((name) => [name]),
  ...Object.entries(below).flatMap(([parent, names]) => words(names).map((name) => [parent, ...name.split('/')])),
];
