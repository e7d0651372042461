import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/core/clock.ts';
import { createRedactor } from '../src/core/redact.ts';
import { embedderOf, vectorExtension } from '../src/engines/embeddings/choose-embedder.ts';
import { openMemoryStore } from '../src/memory/memory-store.ts';
import type { MemoryStore } from '../src/memory/memory-types.ts';
import { measured, type Measured } from './memory/ablation.ts';
import { conversationsIn, type Conversation, type LoCoMo } from './memory/locomo.ts';

const known = path.join(import.meta.dirname, '../../shared/data/locomo/dev.json');

/**
 * `--data FILE`: conversations in the format of LoCoMo (Maharana et al., ACL 2024). Each turn is remembered through the store; each
 * question of categories 1 to 4 is asked of it inside its conversation. recall@5, recall@10 and nDCG@10 are means over questions.
 * Beside it what each part adds, and weights chosen on the other conversations.
 */
export default async function bench(flags: string[] = []): Promise<void> {
  const { values } = parseArgs({ args: flags, options: { data: { type: 'string', default: known } } });
  if (!existsSync(values.data)) return console.log('skipped: there is no such file of conversations; give one with --data FILE');
  const conversations = conversationsIn(JSON.parse(readFileSync(values.data, 'utf8')) as LoCoMo[]);
  const folder = mkdtempSync(path.join(tmpdir(), 'claw-bench-memory-'));
  const embedder = embedderOf({ CLAW_EMBEDDINGS: 'bundled', OPENAI_API_KEY: '', OPENAI_BASE_URL: '', OLLAMA_HOST: '' })!;
  const file = path.join(folder, 'memory.db');
  const store = openMemoryStore({ file, clock: systemClock, redactor: createRedactor(), embedder, vectorExtension });
  try {
    const started = performance.now();
    for (const conversation of conversations) remember(store, conversation);
    const written = performance.now();
    await store.maintain({ repair: false, embedMs: Number.POSITIVE_INFINITY });
    const embedded = performance.now();
    const turns = conversations.reduce((sum, { turns }) => sum + turns.length, 0);
    const questions = conversations.reduce((sum, { questions }) => sum + questions.length, 0);
    console.log(`${conversations.length} conversations, ${turns} turns, ${questions} questions; recall@5 / recall@10 / nDCG@10`);
    await measured(conversations, embedder);
    const { scores, ms } = await asked(store, conversations);
    report('ours, as memory_recall answers', scores);
    const each = (ms / questions).toFixed(1);
    console.log(
      `${((written - started) / turns).toFixed(2)} ms a turn to remember, ${((embedded - written) / turns).toFixed(1)} ms to embed, ${each} ms a recall`,
    );
  } finally {
    store.close();
    rmSync(folder, { recursive: true });
  }
}

function remember(store: MemoryStore, { name, turns }: Conversation): void {
  for (const { id, speaker, text, time } of turns) {
    store.remember({
      text,
      category: 'conversation',
      namespace: name,
      key: id,
      thread: id.split(':')[0]!,
      subject: speaker,
      validFrom: time,
      tags: [],
      source: 'bench',
      tainted: false,
      writeKey: `${name} ${id}`,
      mayRevive: false,
    });
  }
}

async function asked(store: MemoryStore, conversations: Conversation[]): Promise<{ scores: Measured; ms: number }> {
  const sums = { five: 0, ten: 0, gain: 0, count: 0 };
  const started = performance.now();
  for (const { name, questions } of conversations) {
    for (const { text, evidence } of questions) {
      const { items } = await store.recall({ query: text, namespace: name, limit: 10, offset: 0 });
      add(
        sums,
        items.map(({ key }) => key!),
        evidence,
      );
    }
  }
  return { scores: sums, ms: performance.now() - started };
}

/** Adds one question's figures: `found` are turns, best first. */
export function add(sums: Measured, found: string[], evidence: string[]): void {
  const share = (count: number): number => found.slice(0, count).filter((id) => evidence.includes(id)).length / evidence.length;
  const discount = (rank: number): number => 1 / Math.log2(rank + 2);
  const gain = found.slice(0, 10).reduce((sum, id, rank) => sum + (evidence.includes(id) ? discount(rank) : 0), 0);
  const best = evidence.slice(0, 10).reduce((sum, _id, rank) => sum + discount(rank), 0);
  sums.five += share(5);
  sums.ten += share(10);
  sums.gain += gain / best;
  sums.count += 1;
}

export function report(label: string, { five, ten, gain, count }: Measured): void {
  const percent = (sum: number): string => ((100 * sum) / count).toFixed(1).padStart(5);
  console.log(`${label.padEnd(44)} ${percent(five)} / ${percent(ten)} / ${percent(gain)}`);
}
