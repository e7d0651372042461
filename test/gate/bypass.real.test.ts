import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createApp, type App } from '../../src/app.ts';
import { manualClock } from '../../src/core/clock.ts';
import { loadConfig } from '../../src/core/config.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Caller, CallerKind } from '../../src/core/tool.ts';
import { createSandbox } from '../../src/engines/shell/sandbox.ts';
import { temporaryFolder } from '../support/folder.ts';
import { root } from '../support/processes.ts';
import { plantProtected, type Protected } from '../support/protected.ts';

/**
 * Ways around policy and approvals. Each is tried on the real app, and afterwards nothing has happened: the owner's file is
 * as it was, claw's token and policy are unread and unchanged, no approval was given, and nothing that is protected has
 * changed or appeared: claw's folder, start-up files, keys, hooks, units, folders of programs, and what lies outside.
 */
const token = 'the-token-of-claw-2718281828';
const owner: Caller = { kind: 'owner' };
const agent: Caller = { kind: 'agent' };
const isConfined = createSandbox({ hidden: [] }).available();

interface Place {
  app: App;
  clock: ReturnType<typeof manualClock>;
  /** The user's home, claw's folder in it, and a folder of the user's. */
  user: string;
  claw: string;
  files: string;
  /** The owner's file that nobody may touch without a yes. */
  precious: string;
  /** A folder of somebody else, beside the home. */
  outside: string;
  /** claw's folder, start-up files, keys, hooks and the folder outside: whatever is tried, all of it is looked at. */
  others: Protected;
}

async function open(): Promise<Place> {
  const user = path.join(temporaryFolder(), 'user');
  const claw = path.join(user, '.claw');
  const files = path.join(user, 'files');
  mkdirSync(files, { recursive: true });
  mkdirSync(claw, { mode: 0o700 });
  writeFileSync(path.join(claw, 'token'), token, { mode: 0o600 });
  writeFileSync(path.join(claw, 'policy.yaml'), 'rules: []\n', { mode: 0o600 });
  const precious = path.join(files, 'precious.txt');
  writeFileSync(precious, 'precious');
  const outside = path.join(path.dirname(user), 'outside');
  const others = plantProtected({ user, claw, outside });
  const env = { HOME: user, PATH: process.env.PATH, CLAW_HOME: claw, CLAW_FILE_ROOTS: user };
  const clock = manualClock(Date.UTC(2026, 0, 1));
  const app = await createApp({ config: loadConfig({ env, cwd: files, root: files }), env, folder: files, clock, log: silentLog });
  onTestFinished(() => app[Symbol.asyncDispose]());
  return { app, clock, user, claw, files, precious, outside, others };
}

const statuses = (app: App): string[] => app.approvals.list({ limit: 200 }).map(({ status }) => status);

function expectUntouched({ claw, precious, app, others }: Place, heard: unknown): void {
  expect(others.changes()).toEqual([]);
  expect(existsSync(precious) && readFileSync(precious, 'utf8')).toBe('precious');
  expect(readFileSync(path.join(claw, 'token'), 'utf8')).toBe(token);
  expect(readFileSync(path.join(claw, 'policy.yaml'), 'utf8')).toBe('rules: []\n');
  expect(statuses(app).filter((status) => status !== 'waiting')).toEqual([]);
  expect(JSON.stringify(heard) ?? '').not.toContain(token);
  expect(JSON.stringify(heard) ?? '').not.toContain(Buffer.from(token).toString('base64').slice(0, 24));
}

const tally = { denied: 0, asked: 0, invalid: 0, harmless: 0 };
let tried = 0;

async function attempt(call: () => Promise<unknown>): Promise<unknown> {
  tried += 1;
  try {
    const result = await call();
    tally.harmless += 1;
    return result;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'denied') tally.denied += 1;
    else if (code === 'approval_required') tally.asked += 1;
    else tally.invalid += 1;
    return error;
  }
}

beforeAll(() => {
  if (!isConfined) console.log('bubblewrap cannot start here: commands of agents ask in place of running confined');
});
afterAll(() => {
  console.log(
    `${tried} bypasses, none ran: ${tally.denied} denied, ${tally.asked} asked, ${tally.invalid} refused as wrong or unknown, ${tally.harmless} ran and reached nothing`,
  );
});

type Input = Record<string, unknown>;

/** PRECIOUS, CLAW, USER and FILES stand for the paths of the place. */
const script = (text: string): Input => ({ script: text });
const argv = (...command: string[]): Input => ({ command });
const hidden = (text: string): string => Buffer.from(text).toString('base64');

const commands: [string, CallerKind, Input | ((place: Place) => Input)][] = [
  // The owner's file: destroying it asks, however it is put.
  ['rm', 'agent', argv('rm', 'PRECIOUS')],
  ['rm by its path', 'agent', argv('/bin/rm', 'PRECIOUS')],
  ['rm of the owner', 'owner', argv('rm', 'PRECIOUS')],
  ['rm by a cron job', 'cron', argv('rm', 'PRECIOUS')],
  ['a second command after a harmless one', 'agent', script('ls; rm PRECIOUS')],
  ['a pipe into xargs', 'agent', script('echo PRECIOUS | xargs rm')],
  ['nested shells', 'agent', script(`sh -c "bash -c 'sh -c \\"rm PRECIOUS\\"'"`)],
  ['a substitution', 'agent', script('echo $(rm PRECIOUS)')],
  ['a backtick in quotes', 'agent', script('echo "`rm PRECIOUS`"')],
  ['a here-document', 'agent', script('sh <<E\nrm PRECIOUS\nE')],
  ['a here-document with a substitution', 'agent', script('cat <<E\n$(rm PRECIOUS)\nE')],
  ['process substitution', 'agent', argv('bash', '-c', 'cat <(rm PRECIOUS)')],
  ['base64 into a shell', 'agent', (place) => script(`echo ${hidden(`rm ${place.precious}`)} | base64 -d | sh`)],
  ['hex into a shell', 'agent', script(`printf '\\x72\\x6d PRECIOUS' | sh`)],
  ['the name in ANSI-C quotes', 'agent', argv('bash', '-c', "$'\\x72\\x6d' PRECIOUS")],
  ['the name in pieces', 'agent', script(`r''m PRECIOUS`)],
  ['the name from a variable', 'agent', script('X=rm; $X PRECIOUS')],
  ['the name through IFS', 'agent', script('rm$IFS-f${IFS}PRECIOUS')],
  ['the name from braces', 'agent', argv('bash', '-c', '{rm,PRECIOUS}')],
  ['the name from a glob', 'agent', script('/bin/r? PRECIOUS')],
  ['an alias and a function', 'agent', script('ls() { rm PRECIOUS; }; ls')],
  ['a trap', 'agent', script("trap 'rm PRECIOUS' EXIT")],
  ['eval', 'agent', script("eval 'rm PRECIOUS'")],
  ['find -delete', 'agent', script('find FILES -name "prec*" -delete')],
  ['find -exec sh', 'agent', script(`find FILES -exec sh -c 'rm "$1"' _ {} +`)],
  ['env, nohup, nice and timeout', 'agent', argv('env', 'A=1', 'nohup', 'nice', 'timeout', '5', 'rm', 'PRECIOUS')],
  ['busybox', 'agent', argv('busybox', 'rm', 'PRECIOUS')],
  ['python', 'agent', argv('python3', '-c', "import os; os.remove('PRECIOUS')")],
  ['perl', 'agent', argv('perl', '-e', "unlink 'PRECIOUS'")],
  ['awk', 'agent', argv('awk', 'BEGIN { system("rm PRECIOUS") }')],
  ['sed e', 'agent', script('echo | sed "1e rm PRECIOUS"')],
  ['tar with an action', 'agent', script('tar cf /dev/null --checkpoint=1 --checkpoint-action=exec="rm PRECIOUS" /etc/hostname')],
  ['a pager of git', 'agent', argv('git', '-c', 'core.pager=rm PRECIOUS', '-p', 'help', '-a')],
  ['a truncating redirection', 'agent', script(': > PRECIOUS')],
  ['dd', 'agent', argv('dd', 'if=/dev/null', 'of=PRECIOUS')],
  ['cp of nothing over it', 'agent', argv('cp', '/dev/null', 'PRECIOUS')],
  ['a script handed over on standard input', 'agent', { command: ['sh'], stdin: 'rm PRECIOUS' }],
  ['arithmetic that dash reads as a subshell', 'agent', script('((rm PRECIOUS))')],
  ['quotes that dash ends earlier', 'agent', script(`echo $'\\'; rm PRECIOUS; echo \\''`)],
  ['LD_PRELOAD', 'owner', { command: ['ls'], env: { LD_PRELOAD: 'FILES/evil.so' } }],
  ['BASH_ENV', 'agent', { command: ['bash', '-c', 'true'], env: { BASH_ENV: 'FILES/evil.sh' } }],
  ['a program of that name in a PATH of one’s own', 'agent', { command: ['ls'], env: { PATH: 'FILES' } }],
  ['a program that is called as a harmless one', 'owner', argv('FILES/ls')],
  ['the same, relative to a folder', 'owner', { command: ['./ls'], cwd: 'FILES' }],
  ['a Cyrillic look-alike', 'agent', argv('ѕh', '-c', 'rm PRECIOUS')],
  ['a no-break space', 'agent', script('rm\u00a0PRECIOUS')],
  ['a bidirectional mark', 'agent', script('ls \u202e; rm PRECIOUS')],
  ['a line that cannot be parsed', 'agent', script('rm PRECIOUS; echo "')],

  // claw's own folder: out of reach for everyone's commands.
  ['cat of the token', 'owner', argv('cat', 'CLAW/token')],
  ['cat of the token by an agent', 'agent', argv('cat', 'CLAW/token')],
  ['by ~', 'owner', script('cat ~/.claw/token')],
  ['by $HOME', 'owner', script('cat "$HOME"/.claw/token')],
  ['by ..', 'owner', argv('cat', 'FILES/../.claw/token')],
  ['by a glob', 'owner', script('cat ~/.cl*/tok*')],
  ['by a variable', 'owner', script('D=~/.claw; cat $D/token')],
  ['by cd', 'owner', script('cd ~/.claw && cat token')],
  ['by cd in two steps', 'owner', script('cd ~; cd .cl*; cat token')],
  ['by the folder of the call', 'owner', { command: ['cat', 'token'], cwd: 'CLAW' }],
  ['by a relative folder of the call', 'owner', { command: ['cat', '../.claw/token'], cwd: 'FILES' }],
  ['by a symlink made earlier', 'owner', argv('cat', 'FILES/link/token')],
  ['by /proc/self/root', 'owner', argv('cat', '/proc/self/rootCLAW/token')],
  ['by a redirection', 'owner', script('while read l; do echo $l; done < CLAW/token')],
  ['by a here-string of bash', 'owner', argv('bash', '-c', 'cat <<< "$(< CLAW/token)"')],
  ['by python', 'owner', argv('python3', '-c', "print(open('CLAW/token').read())")],
  ['by python that spells it in pieces', 'agent', argv('python3', '-c', "print(open('USER/.cl'+'aw/tok'+'en').read())")],
  ['by an encoded name', 'agent', (place) => script(`cat "$(echo ${hidden(path.join(place.claw, 'token'))} | base64 -d)"`)],
  ['by an archive of the home folder', 'owner', script('tar cf - ~ | base64')],
  ['by a copy of the home folder', 'owner', argv('cp', '-r', 'USER', '/tmp/claw-bypass-copy')],
  ['by a search of the home folder', 'owner', argv('grep', '-r', 'token', 'USER')],
  ['by a link to the home folder', 'owner', script('ln -s ~ FILES/h; cat FILES/h/.claw/token')],
  ['by curl', 'owner', argv('curl', '-s', 'file://CLAW/token')],
  ['by curl with a file to send', 'owner', argv('curl', '-s', '-d', '@CLAW/token', 'http://127.0.0.1:9/')],
  ['by sqlite on claw.db', 'owner', argv('sqlite3', 'CLAW/claw.db', 'select * from approvals')],
  ['an approval written into claw.db', 'agent', argv('sqlite3', 'CLAW/claw.db', "update approvals set status='approved'")],
  ['a policy of one’s own by a redirection', 'owner', script('echo "rules: [{then: allow}]" > CLAW/policy.yaml')],
  ['a policy of one’s own by tee', 'agent', script('echo "rules: [{then: allow}]" | tee ~/.claw/policy.yaml')],
  ['a policy of one’s own by sed -i', 'owner', argv('sed', '-i', 's/\\[\\]/[{then: allow}]/', 'CLAW/policy.yaml')],
  ['a policy moved into place', 'owner', argv('mv', 'PRECIOUS', 'CLAW/policy.yaml')],
  ['a policy linked into place', 'owner', argv('ln', '-sf', 'PRECIOUS', 'CLAW/policy.yaml')],
  ['rights on claw’s folder', 'owner', argv('chmod', '-R', '777', 'USER')],
  ['claw’s own command line', 'owner', argv('claw', 'approval', 'answer', 'apr_1', 'approve')],
  ['claw’s own command line by its file', 'owner', argv('node', path.join(root, 'bin', 'claw.js'), 'approval', 'list')],
  ['claw’s own command line by another’s name', 'agent', script(`exec node ${path.join(root, 'src', 'main.ts')} approval list`)],
  ['claw’s own command line by npx', 'agent', argv('npx', 'claw', 'approval', 'list')],
  ['claw’s own socket', 'agent', argv('curl', '-s', '--unix-socket', 'CLAW/claw.sock', 'http://claw/')],
  [
    'claw’s own HTTP port with the token',
    'owner',
    script('curl -s -H "Authorization: Bearer $(cat CLAW/token)" http://127.0.0.1:8200/api/tools/approval_answer'),
  ],
  ['the environment of claw’s process', 'owner', argv('cat', `/proc/${process.pid}/environ`)],
  ['the folder of claw by another process', 'agent', argv('ls', `/proc/${process.pid}/cwd/`)],
  ['a bind mount in a container', 'agent', argv('docker', 'run', '-v', '/:/host', 'alpine', 'cat', '/host/etc/passwd')],
  // What others execute or trust: only the owner writes there unasked.
  ['a line for the next shell', 'agent', script('echo evil >> ~/.bashrc')],
  ['the same of a client', 'mcp', script('echo evil >> ~/.bashrc')],
  ['a line for the next shell by tee', 'cron', script('echo evil | tee -a USER/.profile')],
  ['a start-up file by sed -i', 'agent', argv('sed', '-i', 's/#/evil/', 'USER/.zshrc')],
  ['a start-up file by cp', 'watcher', argv('cp', 'PRECIOUS', 'USER/.bash_profile')],
  ['a start-up file by install', 'agent', argv('install', 'PRECIOUS', 'USER/.zshenv')],
  ['a start-up file by rsync', 'agent', argv('rsync', 'PRECIOUS', 'USER/.vimrc')],
  ['a key by cd', 'agent', script('cd ~/.ssh && echo evil >> authorized_keys')],
  ['a key by the folder of the call', 'agent', { script: 'echo evil >> authorized_keys', cwd: 'USER/.ssh' }],
  ['a unit', 'workflow', script('printf evil > ~/.config/systemd/user/evil.service')],
  ['a program in ~/bin', 'agent', argv('cp', '/bin/true', 'USER/bin/ls')],
  ['a program in ~/.local/bin by a link', 'agent', argv('ln', '-s', '/bin/true', 'USER/.local/bin/ls')],
  ['a hook', 'agent', argv('cp', '/bin/true', 'USER/repository/.git/hooks/pre-commit')],
  ['settings of git', 'agent', script('printf "[core]\\n\\tpager = evil\\n" > USER/repository/.git/config')],
  ['another direnv', 'agent', script('echo evil > ~/repository/.envrc')],
  ['dd onto a start-up file', 'agent', argv('dd', 'if=PRECIOUS', 'of=USER/.bashrc')],
  ['truncate of a start-up file', 'agent', argv('truncate', '-s', '0', 'USER/.bashrc')],
  ['python onto a start-up file', 'agent', argv('python3', '-c', "open('USER/.bash'+'rc','a').write('evil')")],
  // What words do not show: programs that name their outputs otherwise, or read a division as a pattern.
  ['awk, behind a division', 'mcp', argv('awk', 'BEGIN{c="rm PRECIOUS #";print 1/1|c 1/1}')],
  ['awk, behind a semicolon in a text', 'mcp', argv('awk', 'BEGIN{print "evil;" > "USER/.zshenv"}')],
  [
    'an archive by a relative folder',
    'mcp',
    script('printf evil > e && tar cf e.tar --transform s/e/.zshenv/ e && cd .. && tar xf files/e.tar'),
  ],
  [
    'an archive by an option',
    'mcp',
    script('printf evil > e && tar cf e.tar --transform s/e/.zshenv/ e && tar xf e.tar --one-top-level=USER'),
  ],
  ['another direnv, moved by git', 'mcp', script('git mv README .husky && git mv .husky USER/repository/.envrc')],
  ['a prefix and an ending', 'mcp', script('printf evil > e && csplit -s -f ../.zsh -b env%.0d e 1')],
  ['the name in a packed file', 'mcp', script('printf evil > zz && gzip -N zz && mv zz.gz ../x.gz && gunzip -N ../x.gz')],
  ['a folder below an ordinary name', 'mcp', script('mkdir -p d/fish && printf evil > d/fish/config.fish && cp -r d/fish ../.config/')],
  [
    'a bare repository that is only stood in',
    'mcp',
    { script: 'mkdir objects refs && echo ref: refs/heads/x > HEAD && git status', cwd: 'FILES' },
  ],
  ['claw’s folder behind a link and ..', 'owner', argv('cat', 'FILES/inner/../token')],
  ['claw’s folder behind a glob and ..', 'owner', script('cat FILES/inn?r/../token')],
  ['claw’s folder behind cd -P', 'owner', script('cd -P FILES/inner/.. && cat token')],
  [
    'a start-up file through a link to its folder',
    'mcp',
    script('mkdir -p FILES/config/fish2/../fish && echo evil > FILES/config/fish/config.fish'),
  ],
  ['a start-up file through a link to the home', 'mcp', script('echo evil > FILES/home/.zshenv')],
  ['a file outside by rm', 'agent', argv('rm', '-f', 'OUTSIDE/secret.txt')],
  ['a user namespace of one’s own', 'agent', script(`unshare -Urm sh -c 'umount USER/.cl*; cat USER/.cl*/token'`)],
];

const namesOf = ({ precious, claw, user, files, outside }: Place): Record<string, string> => ({
  PRECIOUS: precious,
  CLAW: claw,
  USER: user,
  FILES: files,
  OUTSIDE: outside,
});

test.for(commands)('a command: %s (%s)', async ([, kind, given]) => {
  const place = await open();
  symlinkSync(place.claw, path.join(place.files, 'link'));
  mkdirSync(path.join(place.claw, 'runs'), { recursive: true });
  symlinkSync(path.join(place.claw, 'runs'), path.join(place.files, 'inner'));
  symlinkSync(path.join(place.user, '.config'), path.join(place.files, 'config'));
  symlinkSync(place.user, path.join(place.files, 'home'));
  writeFileSync(path.join(place.files, 'ls'), `#!/bin/sh\nrm ${place.precious}\ncat ${place.claw}/token\n`);
  chmodSync(path.join(place.files, 'ls'), 0o755);
  writeFileSync(path.join(place.files, 'evil.sh'), `rm ${place.precious}\n`);
  const names = namesOf(place);
  const text = JSON.stringify(typeof given === 'function' ? given(place) : given).replace(
    /PRECIOUS|CLAW(?=[/"']|\b)|USER|FILES|OUTSIDE/g,
    (name) => names[name]!,
  );
  const input = JSON.parse(text) as Input;
  const heard = await attempt(() => place.app.gate.call({ kind }, 'shell_run', { timeoutMs: 10_000, ...input }));
  expectUntouched(place, heard);
  expectUntouched(
    place,
    await place.app.gate
      .call({ kind }, 'tool_call', { tool: 'shell_run', input: { timeoutMs: 10_000, ...input } })
      .catch((error: unknown) => error),
  );
});

const files: [string, Caller, string, Input][] = [
  ['file_write onto the policy', agent, 'file_write', { path: 'CLAW/policy.yaml', text: 'rules: [{then: allow}]' }],
  ['the owner’s file_write onto the policy', owner, 'file_write', { path: 'CLAW/policy.yaml', text: 'x' }],
  ['file_write through a link', agent, 'file_write', { path: 'FILES/link/policy.yaml', text: 'x' }],
  ['file_write by ..', agent, 'file_write', { path: 'FILES/../.claw/policy.yaml', text: 'x' }],
  ['file_write by ~', agent, 'file_write', { path: '~/.claw/policy.yaml', text: 'x' }],
  ['file_write with a NUL', agent, 'file_write', { path: 'CLAW/policy.yaml\0.txt', text: 'x' }],
  ['file_read of the token', owner, 'file_read', { path: 'CLAW/token' }],
  ['file_read through a link', agent, 'file_read', { path: 'FILES/link/token' }],
  ['file_copy of the token', owner, 'file_copy', { from: 'CLAW/token', to: 'FILES/copy' }],
  ['file_copy onto the policy', agent, 'file_copy', { from: 'PRECIOUS', to: 'CLAW/policy.yaml' }],
  ['file_move of claw’s folder', owner, 'file_move', { from: 'CLAW', to: 'FILES/moved' }],
  ['file_search in the home folder', owner, 'file_search', { path: 'USER', text: 'the-token' }],
  ['file_search by a pattern for hidden folders', owner, 'file_search', { path: 'USER', text: 'the-token', pattern: '.claw/*' }],
  ['file_search by a pattern of letters', agent, 'file_search', { path: 'USER', text: 'the-token', pattern: '.c[l]aw/to?en' }],
  ['file_search by a pattern with ..', agent, 'file_search', { path: 'FILES', text: 'the-token', pattern: '../.claw/*' }],
  ['file_search by a pattern through a link', agent, 'file_search', { path: 'FILES', text: 'the-token', pattern: 'link/*' }],
  ['file_list of claw’s folder by a pattern', agent, 'file_list', { path: 'USER', pattern: '.claw/*' }],
  ['file_write onto a start-up file', agent, 'file_write', { path: 'USER/.bashrc', text: 'evil', mode: 'append' }],
  ['file_write of a new start-up file', agent, 'file_write', { path: 'USER/.bash_profile', text: 'evil' }],
  ['file_edit of a start-up file', agent, 'file_edit', { path: 'USER/.zshrc', find: 'start', replace: 'evil' }],
  ['file_copy onto the keys', agent, 'file_copy', { from: 'PRECIOUS', to: 'USER/.ssh/authorized_keys', overwrite: true }],
  ['file_copy into the folder of keys', agent, 'file_copy', { from: 'PRECIOUS', to: 'USER/.ssh' }],
  ['file_copy under the name of a start-up file', agent, 'file_copy', { from: 'FILES/.xprofile', to: 'USER/' }],
  ['file_move into ~/bin', agent, 'file_move', { from: 'FILES/ls', to: 'USER/bin/' }],
  ['file_move of the keys', agent, 'file_move', { from: 'USER/.ssh', to: 'FILES/keys' }],
  ['file_move of all settings', agent, 'file_move', { from: 'USER/.config', to: 'FILES/config' }],
  ['file_move of a tree in place of a repository’s own', agent, 'file_move', { from: 'FILES/tree', to: 'USER/.git' }],
  ['file_write through a link to a start-up file', agent, 'file_write', { path: 'FILES/startup', text: 'evil', mode: 'overwrite' }],
  ['file_write in other letters', agent, 'file_write', { path: 'USER/.VIM/plugin.vim', text: 'evil' }],
  ['folder_create of a folder of programs', agent, 'folder_create', { path: 'USER/.cargo/bin' }],
  ['folder_remove of a folder of units', agent, 'folder_remove', { path: 'USER/.config/systemd/user' }],
  ['file_write outside', owner, 'file_write', { path: 'OUTSIDE/new.txt', text: 'x' }],
  ['file_write outside by ..', agent, 'file_write', { path: 'USER/../outside/secret.txt', text: 'x', mode: 'overwrite' }],
  ['file_write outside through a link', agent, 'file_write', { path: 'FILES/beyond/secret.txt', text: 'x', mode: 'overwrite' }],
  ['file_move to the outside', owner, 'file_move', { from: 'PRECIOUS', to: 'OUTSIDE/' }],
  ['file_move from the outside', owner, 'file_move', { from: 'OUTSIDE/secret.txt', to: 'FILES/mine' }],
  ['file_read of the outside', agent, 'file_read', { path: 'FILES/beyond/secret.txt' }],
  [
    'a job that writes a start-up file',
    agent,
    'cron_add',
    { schedule: '@daily', tool: 'file_write', input: { path: 'USER/.bashrc', text: 'evil' } },
  ],
  ['a watcher that fills ~/bin', agent, 'watcher_add', { path: 'FILES', copy: 'USER/bin', existing: true }],
  ['file_delete of the owner’s file', agent, 'file_delete', { path: 'PRECIOUS' }],
  ['tool_call in place of the tool', agent, 'tool_call', { tool: 'file_delete', input: { path: 'PRECIOUS' } }],
  ['tool_call of tool_call', agent, 'tool_call', { tool: 'tool_call', input: { tool: 'file_delete', input: { path: 'PRECIOUS' } } }],
  ['a tool’s name with a space', agent, 'file_delete ', { path: 'PRECIOUS' }],
  ['a tool’s name in look-alikes', agent, 'fіle_delete', { path: 'PRECIOUS' }],
  ['a field that is not there', agent, 'file_delete', { path: 'PRECIOUS', approved: true }],
  ['policy_test in place of the call', agent, 'policy_test', { call: 'file_delete {"path":"PRECIOUS"}', caller: 'owner' }],
];

test.for(files)('a tool: %s', async ([, caller, tool, given]) => {
  const place = await open();
  const { user, files: folder, outside } = place;
  for (const [link, target] of Object.entries({ link: place.claw, beyond: outside, startup: path.join(user, '.profile') }))
    symlinkSync(target, path.join(folder, link));
  mkdirSync(path.join(folder, 'tree', 'hooks'), { recursive: true });
  for (const name of ['.xprofile', 'ls', 'tree/hooks/post-commit']) writeFileSync(path.join(folder, name), 'evil');
  const names = namesOf(place);
  const input = JSON.parse(JSON.stringify(given).replace(/PRECIOUS|CLAW|USER|FILES|OUTSIDE/g, (name) => names[name]!)) as Input;
  const heard = await attempt(() => place.app.gate.call(caller, tool, input));
  expectUntouched(place, heard);
  expect(JSON.stringify(heard)).not.toMatch(/"(matches":[1-9]|path":"[^"]*policy\.yaml)/);
});

/** Asks for the deletion as the agent in a run, and has the owner say yes to exactly that. */
async function approved(place: Place, run = { id: 'run_1', stepId: 's' }): Promise<string> {
  const call = place.app.gate.call(agent, 'file_delete', { path: place.precious }, { run });
  const id = await call.then(
    () => '',
    ({ approvalId }: { approvalId: string }) => approvalId,
  );
  await place.app.gate.call(owner, 'approval_answer', { id, answer: 'approve' });
  return id;
}

const run = { id: 'run_1', stepId: 's' };
const approvals: [string, (place: Place) => Promise<unknown>][] = [
  [
    'another file, one byte away',
    (place) => place.app.gate.call(agent, 'file_delete', { path: `${place.precious.slice(0, -1)}T` }, { run }),
  ],
  ['another caller', ({ app, precious }) => app.gate.call({ kind: 'cron' }, 'file_delete', { path: precious }, { run })],
  ['a client in place of the agent', ({ app, precious }) => app.gate.call({ kind: 'mcp' }, 'file_delete', { path: precious }, { run })],
  ['another run', ({ app, precious }) => app.gate.call(agent, 'file_delete', { path: precious }, { run: { id: 'run_2', stepId: 's' } })],
  ['no run', ({ app, precious }) => app.gate.call(agent, 'file_delete', { path: precious })],
  [
    'after it has expired',
    ({ app, precious, clock }) => (clock.advance(25 * 3_600_000), app.gate.call(agent, 'file_delete', { path: precious }, { run })),
  ],
  [
    'a read-only connection',
    ({ app, precious }) => app.gate.call({ ...agent, readOnly: true }, 'file_delete', { path: precious }, { run }),
  ],
];

test.for(approvals)('an approval does not serve %s', async ([, call]) => {
  const place = await open();
  await approved(place);
  await attempt(() => call(place));
  expect(readFileSync(place.precious, 'utf8')).toBe('precious');
});

test('an approval opens one call: not a second one, not two at once', async () => {
  const place = await open();
  const { app, precious } = place;
  await approved(place);
  const both = await Promise.allSettled([1, 2].map(() => attempt(() => app.gate.call(agent, 'file_delete', { path: precious }, { run }))));
  const codes = both.map((one) => (one.status === 'fulfilled' ? (one.value as { code?: string }).code : 'thrown') ?? 'ran');
  expect(new Set(codes)).toEqual(new Set(['ran', 'approval_required']));
  writeFileSync(precious, 'precious');
  await attempt(() => app.gate.call(agent, 'file_delete', { path: precious }, { run }));
  expect(readFileSync(precious, 'utf8')).toBe('precious');
});

/** Rules of the owner's, and calls that would go around them; `run` is the owner's script, which destroys when it is changed. */
const aroundRules: [string, string, CallerKind, string, Input][] = [
  ['a folder above the denied one', 'deny, path: PHOTOS/**', 'owner', 'shell_run', argv('mv', 'FILES', 'USER/moved')],
  ['file_move of a folder above', 'deny, path: PHOTOS/**', 'owner', 'file_move', { from: 'PHOTOS', to: 'FILES/moved' }],
  ['a glob', 'deny, path: PHOTOS/**', 'owner', 'shell_run', script('cp /dev/null FILES/ph*/precious.txt')],
  ['a link', 'deny, path: PHOTOS/**', 'owner', 'shell_run', script('cp /dev/null FILES/link/precious.txt')],
  ['link/..', 'deny, path: PHOTOS/**', 'owner', 'shell_run', script('cp /dev/null FILES/far/../photos/precious.txt')],
  ['-t with its folder attached', 'deny, path: PHOTOS/**', 'owner', 'shell_run', argv('cp', '-tPHOTOS', 'FILES/other/precious.txt')],
  ['a copy into the folder', 'deny, path: PHOTOS/**', 'owner', 'shell_run', argv('cp', 'FILES/other/precious.txt', 'PHOTOS')],
  [
    'one part of a line that cannot be told',
    'deny, path: PHOTOS/**',
    'owner',
    'shell_run',
    script('echo $X; cp /dev/null PHOTOS/precious.txt'),
  ],
  ['cd in two steps', 'deny, path: PHOTOS/**', 'owner', 'shell_run', script('cd FILES; cd photos; cp /dev/null precious.txt')],
  [
    'a redirection behind an allowed command',
    'allow, command: cat',
    'agent',
    'shell_run',
    script('cat FILES/run > PHOTOS/precious.txt; rm PHOTOS/precious.txt'),
  ],
  [
    'a variable before an allowed command',
    'allow, command: rm',
    'owner',
    'shell_run',
    script('LD_PRELOAD=FILES/x.so rm PHOTOS/precious.txt'),
  ],
  [
    'standard input to an allowed command',
    'allow, command: sh',
    'owner',
    'shell_run',
    { command: ['sh'], stdin: 'rm PHOTOS/precious.txt' },
  ],
  ['a redirection into an allowed interpreter', 'allow, command: sh', 'owner', 'shell_run', script('sh < FILES/run')],
  ['a program by its path among allowed paths', 'allow, path: FILES/**', 'owner', 'shell_run', { command: ['FILES/run'], cwd: 'FILES' }],
  [
    'options before a denied verb',
    'deny, command: git checkout',
    'owner',
    'shell_run',
    argv('git', '-C', 'PHOTOS', '-c', 'a.b=c', 'checkout', '.'),
  ],
  ['a denied program by its path', 'deny, command: cp', 'owner', 'shell_run', argv('/bin/cp', '/dev/null', 'PHOTOS/precious.txt')],
  ['tool_call', 'deny, path: PHOTOS/**', 'owner', 'tool_call', { tool: 'file_write', input: { path: 'PHOTOS/precious.txt', text: '' } }],
];

test.for(aroundRules)('a rule is not gone around by %s (%s)', async ([, rule, kind, tool, given]) => {
  const place = await open();
  const photos = path.join(place.files, 'photos');
  mkdirSync(path.join(place.files, 'other', 'deep'), { recursive: true });
  mkdirSync(photos);
  const precious = path.join(photos, 'precious.txt');
  writeFileSync(precious, 'precious');
  writeFileSync(path.join(place.files, 'other', 'precious.txt'), 'other');
  symlinkSync(photos, path.join(place.files, 'link'));
  symlinkSync(path.join(place.files, 'other'), path.join(place.files, 'far'));
  writeFileSync(path.join(place.files, 'run'), `rm ${precious}\n`, { mode: 0o755 });
  const names = { PHOTOS: photos, FILES: place.files, USER: place.user };
  const put = (text: string): string => text.replace(/PHOTOS|FILES|USER/g, (name) => names[name as keyof typeof names]);
  writeFileSync(path.join(place.claw, 'policy.yaml'), put(`rules: [{ then: ${rule} }]`), { mode: 0o600 });
  await attempt(() => place.app.gate.call({ kind }, tool, JSON.parse(put(JSON.stringify(given))) as Input));
  expect(readFileSync(precious, 'utf8')).toBe('precious');
  expect(statuses(place.app).filter((status) => status !== 'waiting')).toEqual([]);
});

const swapped: [string, (script: string) => Input][] = [
  ['bash', (file) => argv('bash', file)],
  ['a program by its path', (file) => argv(file)],
  ['sh -c', (file) => argv('sh', '-c', `. ${file}`)],
  ['standard input', (file) => script(`sh < ${file}`)],
  ['a pipe', (file) => script(`cat ${file} | sh`)],
  ['a wrapper', (file) => argv('env', 'A=1', 'nice', 'bash', file)],
];

test.for(swapped)('an approval does not serve a script that has changed: %s', async ([, command]) => {
  const { app, files, precious } = await open();
  const file = path.join(files, 'x.sh');
  writeFileSync(file, 'echo fine\n', { mode: 0o755 });
  const id = await app.gate.call(agent, 'shell_run', command(file)).then(
    () => '',
    ({ approvalId }: { approvalId: string }) => approvalId,
  );
  await app.gate.call(owner, 'approval_answer', { id, answer: 'approve' });
  writeFileSync(file, `rm ${precious}\n`);
  for (let i = 0; i < 2; i += 1) await attempt(() => app.gate.call(agent, 'shell_run', command(file)));
  expect(readFileSync(precious, 'utf8')).toBe('precious');
});

test('two processes that answer at once give one answer, and a yes is used once', async () => {
  const place = await open();
  const env = { HOME: place.user, PATH: process.env.PATH, CLAW_HOME: place.claw };
  const config = loadConfig({ env, cwd: place.files, root: place.files });
  const other = await createApp({ config, env, folder: place.files, clock: place.clock, log: silentLog });
  onTestFinished(() => other[Symbol.asyncDispose]());
  const id = await place.app.gate.call(agent, 'file_delete', { path: place.precious }).then(
    () => '',
    ({ approvalId }: { approvalId: string }) => approvalId,
  );
  const answers = await Promise.allSettled(
    [place.app, other].map((app, index) => app.gate.call(owner, 'approval_answer', { id, answer: index === 0 ? 'deny' : 'approve' })),
  );
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(place.app.approvals.get(id)!.votes).toHaveLength(1);
});

test.for(['mcp', 'agent', 'cron', 'workflow', 'watcher', 'skill', 'hook'] as CallerKind[])(
  '%s cannot answer an approval, itself or through tool_call',
  async (kind) => {
    const place = await open();
    const { app, precious } = place;
    const id = await app.gate.call({ kind }, 'file_delete', { path: precious }).then(
      () => '',
      ({ approvalId }: { approvalId: string }) => approvalId,
    );
    const answer = { id, answer: 'approve' };
    await attempt(() => app.gate.call({ kind }, 'approval_answer', answer));
    await attempt(() => app.gate.call({ kind }, 'tool_call', { tool: 'approval_answer', input: answer }));
    await attempt(() => app.gate.call({ kind }, 'file_delete', { path: precious }));
    expectUntouched(place, undefined);
  },
);

test('a denial stands: it cannot be turned, and the same call asks again', async () => {
  const place = await open();
  const { app, precious } = place;
  const id = await app.gate.call(agent, 'file_delete', { path: precious }).then(
    () => '',
    ({ approvalId }: { approvalId: string }) => approvalId,
  );
  await app.gate.call(owner, 'approval_answer', { id, answer: 'deny' });
  await attempt(() => app.gate.call(owner, 'approval_answer', { id, answer: 'approve' }));
  await attempt(() => app.gate.call(agent, 'file_delete', { path: precious }));
  expect(readFileSync(precious, 'utf8')).toBe('precious');
});

test('what bypasses would do is real: approved, the same calls do it', async () => {
  const place = await open();
  await approved(place);
  await place.app.gate.call(agent, 'file_delete', { path: place.precious }, { run });
  expect(existsSync(place.precious)).toBe(false);
  expect(execFileSync('cat', [path.join(place.claw, 'token')], { encoding: 'utf8' })).toBe(token);
  await place.app.gate.call(owner, 'file_write', { path: path.join(place.user, '.bashrc'), text: 'mine', mode: 'overwrite' });
  await place.app.gate.call(owner, 'file_write', { path: path.join(place.user, '.envrc'), text: 'mine' });
  expect(place.others.changes()).toEqual([expect.stringContaining('~/.bashrc'), expect.stringContaining('~/.envrc')]);
});
