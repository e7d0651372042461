import { readFileSync } from 'node:fs';
import path from 'node:path';
import { bm25 } from './bm25.ts';
import { createRouter, type Route } from '../src/agents/routing/router.ts';

const folder = process.env.CLAW_METATOOL ?? path.join(import.meta.dirname, '../../shared/data/metatool');
const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

/** Public routing data (MetaTool, Huang et al. 2023): tools, 20 examples each, and other sentences to find them by. */
export default async function bench(): Promise<void> {
  const tools = JSON.parse(read('tools.json')) as { name: string; description: string }[];
  const examples = JSON.parse(read('examples.json')) as Record<string, string[]>;
  const queries = rows(read('queries.dev.csv')).slice(1);
  const bare = tools.map(({ name, description }): Route => ({ name, title: '', description, examples: [] }));
  const taught = bare.map((route): Route => ({ ...route, examples: examples[route.name] ?? [] }));
  console.log(`${queries.length} sentences, ${tools.length} tools`);
  report('BM25, descriptions', () => bm25(bare.map(asText)), queries);
  report('BM25, with 20 examples', () => bm25(taught.map(asText)), queries);
  report('router, descriptions', () => routed(bare), queries);
  report('router, with 20 examples', () => routed(taught), queries);
}

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
