import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { bm25 } from './bm25.ts';
import { median } from './figures.ts';
import type { Embedder } from '../src/core/embedder.ts';
import { createRouter } from '../src/agents/routing/router.ts';
import type { Route } from '../src/agents/routing/route.ts';
import { bundledEmbedder } from '../src/engines/embeddings/bundled.ts';

const folder = path.join(import.meta.dirname, '../../shared/data/metatool');
const places = { tools: 'tools.json', examples: 'examples.json', queries: 'queries.dev.csv' };
const text = { type: 'string' } as const;

interface Query {
  sentence: string;
  tool: string;
}

/**
 * `--tools FILE --examples FILE --queries FILE`: public routing data such as MetaTool (Huang et al. 2023), https://github.com/HowieHwong/MetaTool:
 * tools, examples of each, and other sentences to find them by. The router is the one of planner and tool_search, by words alone and
 * with the bundled sentence model; `--every N` asks the latter only every Nth sentence (4). Shares are of sentences and, behind it, the mean of
 * the shares of each tool: some tools have a hundred times the sentences of others.
 */
export default async function bench(flags: string[] = []): Promise<void> {
  const { values } = parseArgs({ args: flags, options: { tools: text, examples: text, queries: text, every: { ...text, default: '4' } } });
  const fileOf = (name: keyof typeof places): string => values[name] ?? path.join(folder, places[name]);
  const absent = (Object.keys(places) as (keyof typeof places)[]).find((name) => !existsSync(fileOf(name)));
  if (absent !== undefined) return console.log(`skipped: there is no ${absent} file; give it with --${absent} FILE`);
  const read = (name: keyof typeof places): string => readFileSync(fileOf(name), 'utf8');
  const tools = JSON.parse(read('tools')) as { name: string; description: string }[];
  const examples = JSON.parse(read('examples')) as Record<string, string[]>;
  const queries = rows(read('queries'))
    .slice(1)
    .map(([sentence = '', tool = '']): Query => ({ sentence, tool }));
  const some = queries.filter((_query, index) => index % Number(values.every) === 0);
  const bare = tools.map(({ name, description }): Route => ({ name, title: '', description, examples: [] }));
  const taught = bare.map((route): Route => ({ ...route, examples: examples[route.name] ?? [] }));
  console.log(`${queries.length} sentences, ${tools.length} tools`);
  for (const [label, routes] of [
    ['descriptions', bare],
    ['with examples', taught],
  ] as const) {
    await report(`BM25, ${label}`, peer(routes), queries);
    await report(`words, ${label}`, routed(routes), queries);
    const embedder = bundledEmbedder();
    await report(`words and meaning, ${label}`, routed(routes, embedder), some);
    embedder.close();
  }
}

/** The names found for a sentence, best first. */
type Search = (sentence: string) => string[] | Promise<string[]>;

function peer(routes: Route[]): Search {
  const search = bm25(routes.map(({ name, description, examples }) => ({ name, text: [name, description, ...examples].join(' ') })));
  return (sentence) => search(sentence, 5);
}

function routed(routes: Route[], embedder?: Embedder): Search {
  const router = createRouter(routes, embedder && { embedder: async () => embedder, patienceMs: 3_600_000 });
  return async (sentence) => (await router.rank([sentence]))[0]!.matches.slice(0, 5).map(({ name }) => name);
}

async function report(label: string, search: Search, queries: Query[]): Promise<void> {
  const started = performance.now();
  await search('anything');
  const learnt = performance.now() - started;
  const found: string[][] = [];
  const times: number[] = [];
  for (const { sentence } of queries) {
    const asked = performance.now();
    found.push(await search(sentence));
    times.push(performance.now() - asked);
  }
  const shares = [1, 5].map((first) => {
    const hits = queries.map(({ tool }, index) => found[index]!.slice(0, first).includes(tool));
    return `@${first} ${percent(mean(hits.map(Number)))} (by tool ${percent(meanByTool(queries, hits))})`;
  });
  console.log(
    `${label}: ${shares.join('  ')}  p50 ${median(times).toFixed(2)} ms, ${queries.length} asked, learnt in ${learnt.toFixed(0)} ms`,
  );
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function meanByTool(queries: Query[], hits: boolean[]): number {
  const byTool = new Map<string, number[]>();
  for (const [index, { tool }] of queries.entries()) byTool.set(tool, [...(byTool.get(tool) ?? []), Number(hits[index])]);
  return mean([...byTool.values()].map(mean));
}

/** Comma-separated rows, fields in quotes where they need it (RFC 4180). */
function rows(text: string): string[][] {
  const lines = text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\n]*)),([^,\n]*)\r?\n/g);
  return [...lines].map(([, quoted, plain, tool]) => [quoted?.replaceAll('""', '"') ?? plain ?? '', (tool ?? '').trim()]);
}

if (import.meta.main) await bench();
