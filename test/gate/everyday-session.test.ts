import { expect, test as always } from 'vitest';
import type { Caller } from '../../src/core/tool.ts';
import { createSandbox } from '../../src/engines/shell/sandbox.ts';
import { startApp, type TestApp } from '../support/app.ts';

const isHere = createSandbox({ hidden: [] }).available();
if (!isHere) console.log('bubblewrap cannot start here, so every command of a session asks: scripts/install-system-packages.sh');
const test = always.skipIf(!isHere);

const mcp: Caller = { kind: 'mcp' };
const line = (script: string): [string, object] => ['shell_run', { script }];

/** Sixty ordinary things that an assistant does in a project, over MCP. */
const everyday: [string, object][] = [
  line('git status'),
  line('git diff'),
  line('git diff --stat main'),
  line('git log --oneline -n 20'),
  line('git show HEAD'),
  line('git branch -a'),
  line('git blame src/app.ts'),
  line('git add -A'),
  line('git commit -m "Fix the parser"'),
  line('git checkout -b feature'),
  line('git stash'),
  line('git stash pop'),
  line('git fetch origin'),
  line('git pull --rebase'),
  line('git push -u origin feature'),
  line('npm ci'),
  line('npm test'),
  line('npm run build'),
  line('npm run lint'),
  line('npm ls --depth=0'),
  line('npx vitest run test/core'),
  line('make build'),
  line('make test'),
  line('cargo test'),
  line('go build ./...'),
  line('pytest -q'),
  line('pip install -r requirements.txt'),
  line('tsc --noEmit'),
  line('eslint src'),
  line('ls -la'),
  line('cat package.json'),
  line('head -n 50 src/app.ts'),
  line('grep -rn "TODO" src'),
  line('rg "createGate" src'),
  line('find . -name "*.test.ts" -not -path "*/node_modules/*"'),
  line('wc -l src/*.ts'),
  line('sed -n "1,40p" src/app.ts'),
  line("sed -i 's/8080/9090/' config.yml"),
  line("awk -F, '{ print $2 }' data.csv | sort | uniq -c"),
  line('jq .scripts package.json'),
  line('diff -u a.txt b.txt'),
  line('mkdir -p src/core/new'),
  line('cp config.example.yml config.yml'),
  line('mv old.ts new.ts'),
  line('rm -r dist'),
  line('tar czf dist.tgz dist'),
  line('curl -s http://127.0.0.1:3000/health'),
  line('docker ps'),
  line('docker logs --tail 50 web'),
  line('docker compose up -d'),
  line('df -h'),
  line('free -m'),
  line('ps aux'),
  line('journalctl -u nginx -n 50 --no-pager'),
  line('systemctl status nginx'),
  line('node --version'),
  ['file_read', { path: 'README.md' }],
  ['file_write', { path: 'notes.md', text: 'x' }],
  ['file_edit', { path: 'README.md', find: 'a', replace: 'b' }],
  ['file_search', { path: '.', text: 'todo' }],
];

interface Asked {
  call: string;
  reason: string;
}

function asked(app: TestApp): Asked[] {
  const verdicts = everyday.map(([tool, input]) => ({ call: `${tool} ${JSON.stringify(input)}`, ...app.gate.explain(mcp, tool, input) }));
  expect(verdicts.filter(({ verdict }) => verdict === 'deny')).toEqual([]);
  return verdicts.filter(({ verdict }) => verdict === 'ask');
}

function show(when: string, all: Asked[]): void {
  console.log(`${when}: ${all.length} of ${everyday.length} ask\n${all.map(({ call, reason }) => `  ${call}: ${reason}`).join('\n')}`);
}

test('of sixty ordinary things that an assistant does in a project, few ask, and none that only reads or writes there', async () => {
  const app = await startApp();
  const all = asked(app);
  show('A session that has read nothing from outside', all);
  expect(everyday).toHaveLength(60);
  expect(all.length).toBeLessThanOrEqual(2);
  for (const { reason } of all) expect(reason).toMatch(/destructive: .{10,}|another program start/);
});

test('once the session has read a stranger’s text, what could carry something away asks as well, and says so', async () => {
  const app = await startApp();
  const before = new Set(asked(app).map(({ call }) => call));
  app.taints.mark('caller:mcp', { readsUntrusted: true, readsPrivate: true });
  const more = asked(app).filter(({ call }) => !before.has(call));
  show('Besides, after a stranger’s page', more);
  for (const { call, reason } of more) {
    expect(reason).toMatch(/untrusted/);
    expect(call).toMatch(/git (fetch|pull|push)|np[mx] |make|cargo|go build|pytest|pip|tsc|eslint|curl/);
  }
  expect(more.length).toBeLessThanOrEqual(18);
});
