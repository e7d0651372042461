import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { manualClock } from '../../src/core/clock.ts';
import { createRedactor } from '../../src/core/redact.ts';
import { openMemoryStore } from '../../src/memory/memory-store.ts';
import { seededRandom } from '../durable/seeded-random.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startChild, type Line } from './memory-children.ts';

const isSoak = process.env.CLAW_SOAK === '1';
const kills = isSoak ? 100 : 5;
const writeMs = isSoak ? 60_000 : 4_000;
const seed = 20_261_124;

/** Which acknowledged memories are not there, or not found by their own words; and what the check says. */
async function lostIn(file: string, lines: Line[]): Promise<{ acknowledged: number; lost: number; unfound: number; problems: string[] }> {
  const store = openMemoryStore({ file, clock: manualClock(), redactor: createRedactor() });
  const acknowledged = lines.filter((line) => line.id !== undefined);
  const lost = acknowledged.filter(({ id, text }) => store.get(id!)?.text !== text).length;
  const { problems } = await store.maintain({ onlyCheck: true, repair: false, embedMs: 0 });
  let unfound = 0;
  for (const { id, text } of acknowledged.filter((_line, index) => index % 7 === 0)) {
    const { items } = await store.recall({ query: text!.split(' ')[2]!, limit: 5, offset: 0 });
    unfound += Number(!items.some((item) => item.id === id));
  }
  store.close();
  return { acknowledged: acknowledged.length, lost, unfound, problems };
}

test(
  `8 processes write and search for ${writeMs / 1_000} s: no write is lost, no caller sees a busy database`,
  { timeout: 300_000 },
  async () => {
    const file = path.join(temporaryFolder(), 'memory.db');
    // Two of them also compute vectors, which write to the same rows.
    const children = Array.from({ length: 8 }, (_, index) =>
      startChild({ file, name: `w${index}x`, forMs: writeMs, embeddings: index < 2 ? 'bundled' : 'none' }),
    );
    const ended = await Promise.all(children.map((child) => child.ended));
    expect(ended.map(({ code, errors }) => [code, errors])).toEqual(ended.map(() => [0, '']));
    const lines = ended.flatMap((one) => one.lines);
    const found = lines.filter((line) => line.found !== undefined);
    const result = await lostIn(file, lines);
    console.log(
      `8 processes: ${JSON.stringify({ ...result, searches: found.length, missed: found.filter((line) => !line.found).length })}`,
    );
    expect(result).toMatchObject({ lost: 0, unfound: 0, problems: [] });
    expect(found.every((line) => line.found)).toBe(true);
  },
);

test(`kill -9 at ${kills} random moments: every acknowledged memory is there, index and table agree`, { timeout: 900_000 }, async () => {
  const file = path.join(temporaryFolder(), 'memory.db');
  const random = seededRandom(seed);
  const lines: Line[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    const child = startChild({ file, name: `k${kill}x`, embeddings: kill % 4 === 0 ? 'bundled' : 'none' });
    await child.ready;
    await sleep(random() * 400);
    child.kill();
    lines.push(...(await child.ended).lines);
    const { lost, problems } = await lostIn(file, lines.slice(-50));
    expect({ kill, lost, problems }).toEqual({ kill, lost: 0, problems: [] });
  }
  const result = await lostIn(file, lines);
  console.log(`seed ${seed}, ${kills} kills: ${JSON.stringify(result)}`);
  expect(result).toMatchObject({ lost: 0, unfound: 0, problems: [] });
  expect(result.acknowledged).toBeGreaterThan(kills);
});
