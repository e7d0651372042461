import { systemClock } from '../../src/core/clock.ts';
import { createRedactor } from '../../src/core/redact.ts';
import { embedderOf, vectorExtension } from '../../src/engines/embeddings/choose-embedder.ts';
import { openMemoryStore } from '../../src/memory/memory-store.ts';

/** What a child does: writes memories one after the other and says each id once it is acknowledged, searching between. */
export interface MemoryOrder {
  file: string;
  name: string;
  /** Ends by itself after so long; without it, when it is killed. */
  forMs?: number;
  embeddings: 'bundled' | 'none';
}

const { file, name, forMs = Number.POSITIVE_INFINITY, embeddings } = JSON.parse(process.argv[2]!) as MemoryOrder;
const embedder = embedderOf({ CLAW_EMBEDDINGS: embeddings, OPENAI_API_KEY: '', OPENAI_BASE_URL: '', OLLAMA_HOST: '' });
const store = openMemoryStore({ file, clock: systemClock, redactor: createRedactor(), embedder, vectorExtension });
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

say({ ready: true });
const until = performance.now() + forMs;
for (let number = 0; performance.now() < until; number += 1) {
  const text = `The shelf ${name}${number} holds ${number} boxes`;
  const { memory } = store.remember({
    text,
    category: 'conversation',
    thread: name,
    subject: name,
    namespace: 'default',
    tags: [name],
    source: name,
    tainted: false,
    writeKey: `${name} ${number}`,
    mayRevive: false,
  });
  say({ id: memory.id, text });
  if (number % 5 === 0) {
    const { items } = await store.recall({ query: `shelf ${name}${number}`, limit: 3, offset: 0 });
    say({ found: items.some((item) => item.id === memory.id) });
  }
}
store.close();
