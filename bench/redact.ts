import { createRedactor, type Redactor } from '../src/core/redact.ts';
import { median, timed } from './figures.ts';

const rounds = 30;

/** A listing and log lines, as results are: about 1 MB, of which nothing is secret. */
const result = {
  items: Array.from({ length: 2_500 }, (_, index) => ({
    path: `/var/log/service-${index % 40}/instance-${index}.log`,
    kind: 'file',
    sizeBytes: index * 37,
    text: `2026-11-24T08:${String(index % 60).padStart(2, '0')}:00Z level=info request=${index} user=anna path=/api/v1/items?limit=50&page=${index} status=200 duration=12ms message="the quick brown fox jumped over ${index} dogs" agent="Mozilla/5.0 (X11; Linux x86_64)" bytes=${index * 31}\n`,
  })),
};
const megabytes = JSON.stringify(result).length / 1e6;

const secret = (index: number): string => `s${index}-${'Kq7Zr2Lm9Xc4Vb8N'.slice(index % 5)}${index * 7_919}`;

function knowing(count: number): Redactor {
  const redactor = createRedactor();
  for (let index = 0; index < count; index += 1) redactor.add(secret(index));
  return redactor;
}

/** Redaction of a large result that needs none, beside plain JSON.stringify of the same in the same run. */
export default async function bench(): Promise<void> {
  const stringifyMs = median(await timed(rounds, () => JSON.stringify(result)));
  const rate = (ms: number): string => `${Math.round((megabytes * 1_000) / ms)} MB/s`;
  console.log(`JSON.stringify of ${megabytes.toFixed(2)} MB: ${rate(stringifyMs)}`);
  for (const count of [0, 1, 50]) {
    const redactor = knowing(count);
    await timed(5, () => redactor.value(result));
    const ms = median(await timed(rounds, () => redactor.value(result)));
    console.log(`redact, ${count} secrets: ${rate(ms)}, ${(ms / stringifyMs).toFixed(1)} times JSON.stringify`);
  }
  const redactor = knowing(50);
  const small = { text: 'hello', status: 200, ok: true };
  const smallMs = median(await timed(3_000, () => redactor.value(small)));
  console.log(`redact, 50 secrets, a small result: ${(smallMs * 1_000).toFixed(1)} µs`);
}

if (import.meta.main) await bench();
