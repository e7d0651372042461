import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import path from 'node:path';

/** `npm run bench -- NAME [--flag VALUE…]` runs bench/NAME.ts; `--write` runs them all and writes docs/benchmarks.md, `--write NAME …` only that part of it. */
const apart = new Set([
  'main.ts',
  'bm25.ts',
  'figures.ts',
  ...['dbos', 'dbos-audit', 'journal', 'workflows'].map((part) => `durable-${part}.ts`),
]);
const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !apart.has(file))
  .map((file) => file.slice(0, -3));

async function run(name: string, flags: string[] = []): Promise<void> {
  const { default: bench } = (await import(`./${name}.ts`)) as { default: (flags: string[]) => Promise<void> };
  await bench(flags);
}

/** What a benchmark prints, while it is still printed. */
async function captured(name: string, flags: string[] = []): Promise<string> {
  const print = console.log;
  const lines: string[] = [];
  console.log = (...words: unknown[]) => {
    lines.push(words.join(' '));
    print(...words);
  };
  await run(name, flags).finally(() => (console.log = print));
  const command = ['npm run bench --', name, ...flags.map((flag) => (path.isAbsolute(flag) ? path.basename(flag) : flag))].join(' ');
  return `## ${name}\n\n\`${command}\`\n\n\`\`\`\n${lines.join('\n')}\n\`\`\`\n`;
}

const file = path.join(import.meta.dirname, '..', 'docs', 'benchmarks.md');

/** Puts one part in the place of the older one. */
async function writePart(name: string, flags: string[]): Promise<void> {
  const part = await captured(name, flags);
  const old = readFileSync(file, 'utf8');
  const place = new RegExp(`^## ${name}\n[^]*?(?=\n## |$(?![^]))`, 'm');
  writeFileSync(file, place.test(old) ? old.replace(place, () => part) : `${old}\n${part}`);
}

const [name, ...flags] = process.argv.slice(2);
const [part, ...partFlags] = flags;
if (name === '--write' && part !== undefined && known.includes(part)) await writePart(part, partFlags);
else if (name === '--write') {
  const machine = `${availableParallelism()} cores, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.version}, ${process.platform} ${process.arch}`;
  const parts = [`# Benchmarks\n\nMade by \`npm run bench -- --write\` on ${machine}. Compare only what was measured in one run.\n`];
  for (const one of known) parts.push(await captured(one));
  parts.push(readFileSync(path.join(import.meta.dirname, 'history.md'), 'utf8'));
  writeFileSync(file, parts.join('\n'));
} else if (name === undefined || !known.includes(name)) {
  console.log(`npm run bench -- ${known.join('|')}`);
  process.exitCode = 2;
} else await run(name, flags);
