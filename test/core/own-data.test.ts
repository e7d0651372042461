import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ownDataTouched } from '../../src/core/commands/own-data.ts';
import { ownDataIncluded } from '../../src/core/commands/walks.ts';
import { groundOf, realPath } from '../../src/core/ground.ts';
import { socketPath } from '../../src/core/socket-path.ts';
import { temporaryFolder } from '../support/folder.ts';

type Answer = 'denied' | 'asked' | 'free';

/** The user's home with claw's folder and another one in it; FILES is where the command runs unless it says otherwise. */
function answer(script: string, folder = 'files'): Answer {
  const user = path.join(temporaryFolder(), 'user');
  for (const name of ['.claw', '.clawed', 'files/sub']) mkdirSync(path.join(user, name), { recursive: true });
  symlinkSync('../.claw', path.join(user, 'files', 'link'));
  mkdirSync(path.join(user, '.claw', 'runs'));
  symlinkSync('../.claw/runs', path.join(user, 'files', 'inner'));
  symlinkSync('sub', path.join(user, 'files', 'harmless'));
  const ground = groundOf({
    home: path.join(user, '.claw'),
    socket: path.join(user, '.claw', 'claw.sock'),
    env: { HOME: user },
    base: user,
    root: '/opt/claw',
  });
  const given = { script: script.replaceAll('USER', user), cwd: path.join(user, folder) };
  if (ownDataTouched(given, ground) !== undefined) return 'denied';
  return ownDataIncluded(given, ground) === undefined ? 'free' : 'asked';
}

test.for([
  'cat inner/../token',
  'cat < inner/../token',
  'cat inner/../tok*',
  'cat inn?r/../token',
  'cd -P inner/..; cat token',
  'tar cf - inner/..',
  'grep -r x inner/../',
  'cat ./sub/../inner/../token',
])('`..` behind a link is the folder above what it leads to: %s', (script) => {
  expect(answer(script)).toBe('denied');
});

test('`..` behind a folder, or a link to an ordinary one, is as it reads', () => {
  for (const script of ['cat sub/../token', 'cat harmless/../notes', 'ls ../files', 'cat su?/../notes', 'cd sub/.. && ls'])
    expect([script, answer(script)]).toEqual([script, 'free']);
});

test.for([
  ['cat notes.txt', 'free'],
  ['cat ../.claw/token', 'denied'],
  ['cat ../.clawed/token', 'free'],
  ['cat ~/.claw-notes.txt', 'free'],
  ['cat link/token', 'denied'],
  ['cat harmless/token', 'free'],
  ['ls ~', 'free'],
  ['ls ~/.c*', 'denied'],
  ['cat ~/.*/t*', 'denied'],
  ['cat ~/.[c]law/runs/x.txt', 'denied'],
  ['ls ~/*', 'free'],
  ['ls *', 'free'],
  ['cat $FILE', 'free'],
  ['cat "$DIR"/token', 'denied'],
  ['rm *', 'free'],
  ['rm -r sub', 'free'],
  ['rm -rf ../*', 'denied'],
  ['rm -rf ..', 'denied'],
  ['cd ..; rm -rf *', 'denied'],
  ['mv ~/.clawed ~/other', 'free'],
  ['mv USER USER2', 'denied'],
  ['ln -s ~ here', 'denied'],
  ['ln -s ~/files here', 'free'],
  ['chmod -R 700 ~', 'denied'],
  ['chmod 700 ~', 'free'],
  ['tar czf all.tgz ~', 'asked'],
  ['tar czf some.tgz ~/files', 'free'],
  ['tar czf etc.tgz -C / etc/nginx', 'free'],
  ['cp -r ~ /mnt/backup', 'asked'],
  ['cp -r ~/files /mnt/backup', 'free'],
  ['rsync -a ~/ nas:/backup/', 'asked'],
  ['rsync -a sub/ nas:/', 'free'],
  ['scp notes.txt nas:/home/', 'free'],
  ['grep -r needle ~', 'asked'],
  ['grep -r needle .', 'free'],
  ['find ~ -name "*.txt"', 'free'],
  ['find ~ -name "*.txt" -exec cat {} +', 'asked'],
  ['find ~ -type f | xargs cat', 'asked'],
  ['find ~ -type f -print0 | xargs -0 grep token', 'asked'],
  ['find ~ | wc -l', 'free'],
  ['find ~ -name "*.log" | head', 'free'],
  ['find ~/files -type f | xargs cat', 'free'],
  ['cd ~ && find . -type f | xargs cat', 'asked'],
  ['find ~ -type f | while read -r f; do cat "$f"; done', 'asked'],
  ['find ~ -type f | while read -r f; do echo "$f"; done', 'free'],
  ['for f in $(find ~ -name "*.txt"); do cat "$f"; done', 'asked'],
  ['find ~ -type f | tar -cf - -T -', 'asked'],
  ['find ~ | cpio -o', 'asked'],
  ['find ~ > list; rsync --files-from=list / nas:/x', 'asked'],
  ['locate token | xargs cat', 'asked'],
  ['ls -R ~', 'free'],
  ['du -sh ~', 'free'],
  ['diff -r ~ /mnt/other', 'asked'],
  ['diff notes.txt other.txt', 'free'],
  ['git -C ~ add .', 'asked'],
  ['git -C ~ add -A', 'asked'],
  ['git add .', 'free'],
  ['git -C ~ status', 'free'],
  ['docker cp ~ web:/x', 'asked'],
  ['docker cp ~/files web:/x', 'free'],
  ['kubectl cp ~ web:/x', 'asked'],
  ['cp -a ~ /mnt/backup', 'asked'],
  ['cp --rec ~ /mnt/backup', 'asked'],
  ['cp notes.txt ~', 'free'],
  ['mv notes.txt ~', 'free'],
  ['cd ~ && rg token', 'asked'],
  ['cd ~ && grep -r token', 'asked'],
  ['rg token', 'free'],
  ['cd ~ && tar xf files/a.tar', 'asked'],
  ['tar xf a.tar -C ~', 'asked'],
  ['tar xf a.tar', 'free'],
  ['cd ~ && unzip files/a.zip', 'asked'],
  ['backup-everything ~', 'asked'],
  ['jq . package.json', 'free'],
  ['df -h /', 'free'],
  ['docker run -v /:/host alpine', 'denied'],
  ['docker run -v USER/files:/data alpine', 'free'],
  ['curl --unix-socket ~/.claw/claw.sock http://x', 'denied'],
  ['echo x > "$HOME"/.claw/policy.yaml', 'denied'],
  ['claw approval list', 'denied'],
  ['node /opt/claw/bin/claw.js approval list', 'denied'],
  ['node /opt/other/index.js', 'free'],
  ['grep claw notes.txt', 'free'],
  ['git commit -m "Teach claw to count"', 'free'],
] as [string, Answer][])('%s is %s', ([script, expected]) => {
  expect(answer(script)).toBe(expected);
});

test('in the home folder itself, what reaches over everything is denied', () => {
  expect(answer('rm -rf *', '.')).toBe('denied');
  expect(answer('rm -rf files', '.')).toBe('free');
  expect(answer('cat token', '.claw')).toBe('denied');
});

test('a socket that lies outside the data folder, because its path is too long there, is as much out of reach', () => {
  const home = `/srv/${'long-name-'.repeat(12)}`;
  const socket = socketPath(home);
  const ground = groundOf({ home, socket, env: { HOME: '/home/pi' }, base: '/home/pi', root: '/opt/claw' });
  expect(socket.startsWith(home)).toBe(false);
  expect(ground.own).toContain(realPath(socket));
  expect(ownDataTouched({ command: ['nc', '-U', socket] }, ground)).toBeDefined();
});
