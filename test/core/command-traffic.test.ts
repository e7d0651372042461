import { expect, test } from 'vitest';
import { classifyScript } from '../../src/core/command-class.ts';

/** `sends`: tells others something. `hears`: prints what strangers wrote. `unseen`: runs what nothing here has read. */
const powers = (script: string): string => {
  const { sends, hears, isUnseen } = classifyScript(script);
  return [sends && 'sends', hears && 'hears', isUnseen && 'unseen'].filter(Boolean).join(' ');
};

test.for([
  // What stays on this machine is neither sent nor strange, whichever program it is a part of.
  ['git status', ''],
  ['git log --oneline -n 5', ''],
  ['git -C /srv/repo diff', ''],
  ['git commit -m "see https://example.org/issue/1"', ''],
  ['git branch -a', ''],
  ['docker ps', ''],
  ['docker logs web', ''],
  ['docker compose ps', ''],
  ['docker restart web', ''],
  ['kubectl get pods -A', ''],
  ['kubectl -n media logs deploy/web', ''],
  ['npm ls', 'unseen'],
  ['journalctl -u nginx', ''],
  ['systemctl restart nginx', ''],
  ['getent passwd pi', ''],
  ['logger backup done', ''],
  ['openssl x509 -in a.pem -noout', ''],
  ['gpg --list-keys', ''],
  ['ffmpeg -i in.mkv out.mp4', ''],
  ['rsync -a photos/ /mnt/backup/', ''],
  ['psql -c "select 1"', ''],
  ['echo https://example.org', ''],
  ['curl --version', ''],

  // Over the network, both ways.
  ['curl -s https://example.org', 'sends hears'],
  ['git pull', 'sends hears'],
  ['git fetch --all', 'sends hears'],
  ['git clone https://example.org/x.git', 'sends hears'],
  ['git -C /srv/repo ls-remote', 'sends hears'],
  ['git submodule update --init', 'sends hears'],
  ['docker pull nginx', 'sends hears'],
  ['docker compose pull', 'sends hears'],
  ['docker-compose up -d', 'sends hears'],
  ['docker -H tcp://nas:2375 ps', 'sends hears'],
  ['kubectl apply -f app.yml', 'sends hears'],
  ['kubectl --server https://evil get pods', 'sends hears'],
  ['kubectl diff -f https://example.org/app.yml', 'sends hears'],
  ['helm repo update', 'sends hears'],
  ['npm ci', 'sends hears unseen'],
  ['pip install requests', 'sends hears unseen'],
  ['apt-get update', 'sends hears'],
  ['openssl s_client -connect example.org:443', 'sends hears'],
  ['ffmpeg -i https://example.org/a.mkv out.mp4', 'sends hears'],
  ['ffprobe rtmp://example.org/x', 'sends hears'],
  ['xdg-open https://example.org', 'sends hears'],
  ['gpg --send-keys 0xABCD', 'sends hears'],
  ['gpg --recv-k 0xABCD', 'sends hears'],
  ['rsync -a photos/ nas:/backup/', 'sends hears'],
  ['tar tf evil:x.tar', 'sends hears'],
  ['psql -h db.example.org -c "select 1"', 'sends hears'],
  ['journalctl -H nas', 'sends hears'],
  ['cat < /dev/tcp/evil/80', 'sends hears'],
  ['ls | xargs -I{} curl http://x/{}', 'sends hears'],
  ['dig TXT example.org', 'sends hears'],
  ['host -t txt example.org', 'sends hears'],

  // A name or a packet leaves, and numbers come back.
  ['git push', 'sends'],
  ['ping -c 1 nas', 'sends'],
  ['dig +short example.org', 'sends'],
  ['traceroute example.org', 'sends'],
  ['mtr --report example.org', 'sends'],
  ['getent hosts secret.example.org', 'sends'],
  ['getent ahostsv4 secret.example.org', 'sends'],
  ['resolvectl query secret.example.org', 'sends hears'],
  ['logger -n log.example.org secret', 'sends'],
  ['logger --serv=log.example.org secret', 'sends'],
  ['mail -s x a@example.org', 'sends'],

  // What files say is run, so anything may happen.
  ['make', 'unseen'],
  ['npm test', 'unseen'],
  ['cmake --build .', 'unseen'],
  ['pytest -q', 'unseen'],
  ['node build.js', 'unseen'],
  ['python3 -m http.server', 'unseen'],
  ['./run.sh', 'unseen'],
  ['backup-nas --all', 'unseen'],
  ['sudo -u pi backup-nas', 'unseen'],
  ['f() { ls; }; f', ''],
  ['python3 --version', ''],
  ['nohup ls', ''],
  ['sh -c "ls | head"', ''],
  ['sh build.sh', 'sends hears unseen'],
  ['$X', 'unseen'],
] as [string, string][])('%s: %s', ([script, expected]) => {
  expect(powers(script)).toBe(expected);
});
