import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { bm25 } from './bm25.ts';
import { together } from '../src/agents/routing/catalog.ts';
import { createMeaning } from '../src/agents/routing/meaning.ts';
import { createRouter, type Route } from '../src/agents/routing/router.ts';
import { embedderOf } from '../src/engines/embeddings/choose-embedder.ts';

const folder = path.join(import.meta.dirname, '../../shared/data/metatool');
const places = { tools: 'tools.json', examples: 'examples.json', queries: 'queries.dev.csv' };

/**
 * `--tools FILE --examples FILE --queries FILE`: public routing data such as MetaTool (Huang et al. 2023), https://github.com/HowieHwong/MetaTool:
 * tools, examples of each, and other sentences to find them by. The BM25 beside it reads plain words; the router's own also
 * knows word stems.
 */
export default async function bench(flags: string[] = []): Promise<void> {
  const { values } = parseArgs({ args: flags, options: { tools: text, examples: text, queries: text } });
  const fileOf = (name: keyof typeof places): string => values[name] ?? path.join(folder, places[name]);
  const absent = (Object.keys(places) as (keyof typeof places)[]).find((name) => !existsSync(fileOf(name)));
  if (absent !== undefined) return console.log(`skipped: there is no ${absent} file; give it with --${absent} FILE`);
  const read = (name: keyof typeof places): string => readFileSync(fileOf(name), 'utf8');
  const tools = JSON.parse(read('tools')) as { name: string; description: string }[];
  const examples = JSON.parse(read('examples')) as Record<string, string[]>;
  const queries = rows(read('queries')).slice(1);
  const bare = tools.map(({ name, description }): Route => ({ name, title: '', description, examples: [] }));
  const taught = bare.map((route): Route => ({ ...route, examples: examples[route.name] ?? [] }));
  console.log(`${queries.length} sentences, ${tools.length} tools`);
  report('BM25, descriptions', () => bm25(bare.map(asText)), queries);
  report('BM25, with 20 examples', () => bm25(taught.map(asText)), queries);
  report('router, descriptions', () => routed(bare), queries);
  report('router, with 20 examples', () => routed(taught), queries);
  await reportMeaning('… and meaning, descriptions', bare, queries);
  await reportMeaning('… and meaning, with 20 examples', taught, queries);
}

/** As tool_search answers once the vectors are there, on every sixteenth sentence. */
async function reportMeaning(label: string, routes: Route[], queries: string[][]): Promise<void> {
  const embedder = embedderOf({ CLAW_EMBEDDINGS: 'bundled', OPENAI_API_KEY: '', OPENAI_BASE_URL: '', OLLAMA_HOST: '' })!;
  const meaning = createMeaning(routes, async () => embedder);
  const built = performance.now();
  while (!(await meaning.of('ready?'))) await new Promise((resolve) => setTimeout(resolve, 100));
  const router = createRouter(routes);
  const indexed = performance.now() - built;
  const some = queries.filter((_query, index) => index % 16 === 0);
  const started = performance.now();
  const found: Record<string, string[]> = {};
  for (const [query] of some) {
    const byMeaning = await meaning.of(query!);
    const byWords = router.search(query!, routes.length);
    found[query!] = (byMeaning ? together(byWords, byMeaning) : byWords).slice(0, 5).map(({ name }) => name);
  }
  const spent = performance.now() - started;
  embedder.close();
  const share = (isHit: (names: string[], tool: string) => boolean): string =>
    `${((100 * some.filter(([query, tool]) => isHit(found[query!]!, tool!)).length) / some.length).toFixed(1)} %`;
  const [first, five] = [share((names, tool) => names[0] === tool), share((names, tool) => names.includes(tool))];
  console.log(`${label}: @1 ${first}  @5 ${five}  ${(spent / some.length).toFixed(2)} ms a query, index in ${indexed.toFixed(0)} ms`);
}

const text = { type: 'string' } as const;

const asText = ({ name, description, examples }: Route): { name: string; text: string } => ({
  name,
  text: [name, description, ...examples].join(' '),
});

function routed(routes: Route[]): (query: string, limit: number) => string[] {
  const router = createRouter(routes);
  return (query, limit) => router.search(query, limit).map((match) => match.name);
}

function report(label: string, build: () => (query: string, limit: number) => string[], queries: string[][]): void {
  const built = performance.now();
  const search = build();
  const started = performance.now();
  let first = 0;
  let five = 0;
  for (const [query, tool] of queries) {
    const names = search(query!, 5);
    first += Number(names[0] === tool);
    five += Number(names.includes(tool!));
  }
  const share = (count: number): string => `${((100 * count) / queries.length).toFixed(1)} %`;
  const each = (performance.now() - started) / queries.length;
  console.log(
    `${label}: @1 ${share(first)}  @5 ${share(five)}  ${each.toFixed(2)} ms a query, index in ${(started - built).toFixed(0)} ms`,
  );
}

/** Comma-separated rows, fields in quotes where they need it (RFC 4180). */
function rows(text: string): string[][] {
  const lines = text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\n]*)),([^,\n]*)\r?\n/g);
  return [...lines].map(([, quoted, plain, tool]) => [quoted?.replaceAll('""', '"') ?? plain ?? '', (tool ?? '').trim()]);
}

if (import.meta.main) await bench();
