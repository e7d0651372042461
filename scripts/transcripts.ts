import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { claw } from '../test/support/processes.ts';

/**
 * `node scripts/transcripts.ts stranger-1 [output]`: types each line of docs/transcripts/stranger-1.txt into `claw do`, one after the
 * other on one data folder, and writes what came back to docs/transcripts/output.md.
 */
const [name = 'stranger-1', output = name] = process.argv.slice(2);
const folder = path.join(import.meta.dirname, '..', 'docs', 'transcripts');
const requests = readFileSync(path.join(folder, `${name}.txt`), 'utf8')
  .trim()
  .split('\n');
const home = path.join(mkdtempSync(path.join(tmpdir(), 'claw-transcripts-')), 'home');
const place = '/tmp/stranger';

const files: Record<string, string> = {
  'notes.txt': 'Called the plumber.\nHe comes on 2026-12-03 in the morning.\nThe UPS beeps when the fridge starts.\n',
  'todo.md': '- water the plants\n- renew the certificate\n',
  'logs/app.log': Array.from(
    { length: 40 },
    (_, line) => `2026-11-20 10:${String(line).padStart(2, '0')} ${line % 7 === 0 ? 'ERROR disk slow' : 'INFO ok'}`,
  ).join('\n'),
  'logs/old.log': 'nothing of interest\n',
  'photos/cat.jpg': '\u00ff\u00d8\u0000\u0000',
  'config.yaml': 'port: 8080\npassword: hunter2\n',
};

rmSync(place, { recursive: true, force: true });
for (const [file, text] of Object.entries(files)) {
  mkdirSync(path.dirname(path.join(place, file)), { recursive: true });
  writeFileSync(path.join(place, file), text);
}
utimesSync(path.join(place, 'logs/old.log'), new Date('2026-01-01'), new Date('2026-01-01'));
const web = createServer((request, response) => {
  if (request.url === '/status.json') response.setHeader('content-type', 'application/json').end('{"ok":true,"load":0.3}');
  else response.setHeader('content-type', 'text/html').end('<h1>Hello</h1>');
});
await new Promise<void>((resolve) => web.listen(18_080, '127.0.0.1', resolve));

const counts = new Map<string, number>();
const blocks: string[] = [];
for (const request of requests) {
  const { stdout, stderr, code } = await claw(['do', request], {
    home,
    cwd: place,
    env: { CLAW_FILE_ROOTS: place, CLAW_HTTP_ALLOW: '127.0.0.1:18080' },
  });
  const outcome =
    /^(done|failed|unverified|unknown|declined|stopped): \d+ of \d+/m.exec(stdout)?.[1] ??
    (stdout.includes('waiting for approval') ? 'asks for approval' : code === 3 ? 'asks a question' : 'error');
  counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  blocks.push(`## ${request}\n\n\`\`\`\n${withoutMounts(`${stdout}${stderr}`.trim())}\n\`\`\`\n\nExit code ${code}: ${outcome}.\n`);
}
web.close();
rmSync(path.dirname(home), { recursive: true, force: true });
rmSync(place, { recursive: true, force: true });
const summary = [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ');
writeFileSync(
  path.join(folder, `${output}.md`),
  `# ${requests.length} requests: ${summary}\n\nMade by \`node scripts/transcripts.ts ${name}\`. What each line asked for, and what came of it.\n\n${blocks.join('\n')}`,
);
console.log(summary);

/** A machine's own mounts are no part of a transcript. */
function withoutMounts(text: string): string {
  const mount = /^[\w./-]+ +[\d.]+\w? +[\d.]+\w? +[\d.]+\w? +\d+% \/(?!$|dev|run|tmp).*$/gm;
  return text.replace(mount, '…').replace(/(?<=\\n)[\w./-]+ +[\d.]+\w? +[\d.]+\w?(?: [^\\"]*)?(?=\\n|"|  done)/g, '…');
}
