import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { manualClock } from '../../../src/core/clock.ts';
import { openDatabase } from '../../../src/core/database.ts';
import { createReading } from '../../../src/engines/vault/reading.ts';
import { vaultSchema } from '../../../src/engines/vault/vault-schema.ts';
import { seededRandom } from '../../durable/seeded-random.ts';
import { temporaryFolder } from '../../support/folder.ts';

const kills = process.env.CLAW_SOAK === '1' ? 200 : 20;
const seed = 20_261_124;

/** The last number that was begun, and the last that was acknowledged, before the process was killed. */
interface Cut {
  begun: number;
  acknowledged: number;
  isRekeying: boolean;
}

test(`killed ${kills} times within a write, the vault is the old one or the new one`, { timeout: 600_000 }, async () => {
  const home = path.join(temporaryFolder(), 'home');
  mkdirSync(home, { mode: 0o700 });
  const random = seededRandom(seed);
  let next = 1;
  const cut = { writes: 0, rekeys: 0 };
  // A kill between two writes proves nothing, so it does not count.
  for (let kill = 0; cut.writes + cut.rekeys < kills && kill < 3 * kills; kill += 1) {
    const { begun, acknowledged, isRekeying } = await writeAndDie(home, { from: next, afterMs: random() * 150 });
    const found = await look(home);
    expect([acknowledged, begun], `seed ${seed}, kill ${kill}`).toContain(found.value);
    expect(found.unreadable, `seed ${seed}, kill ${kill}`).toEqual([]);
    cut.writes += Number(begun > acknowledged);
    cut.rekeys += Number(isRekeying);
    next = begun + 1;
  }
  console.log(
    `vault: seed ${seed}, ${cut.writes} kills within a write, ${cut.rekeys} within a change of the key, ${next - 1} writes in all`,
  );
  expect(cut.writes + cut.rekeys).toBe(kills);
});

async function writeAndDie(home: string, { from, afterMs }: { from: number; afterMs: number }): Promise<Cut> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'writing-child.ts'), home, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  const spoke = new Promise<void>((resolve) =>
    child.stdout.on('data', (text: Buffer) => ((said += text.toString()), /written/.test(said) && resolve())),
  );
  await Promise.race([spoke, once(child, 'close')]);
  await sleep(afterMs);
  child.kill('SIGKILL');
  await once(child, 'close');
  const last = (word: string): number => Number([...said.matchAll(new RegExp(`^${word} (\\d+)$`, 'gm'))].at(-1)?.[1]);
  return { begun: last('writing'), acknowledged: last('written'), isRekeying: last('rekeying') > (last('rekeyed') || 0) };
}

/** The content of the vault, and which of the kept generations identity.txt does not open. */
async function look(home: string): Promise<{ value: number; unreadable: number[] }> {
  const db = openDatabase(path.join(home, 'claw.db'), [vaultSchema]);
  try {
    const paths = { vault: path.join(home, 'vault.age'), identity: path.join(home, 'identity.txt') };
    const { reader, parts } = createReading({ paths, db, clock: manualClock() });
    const { content } = await reader.read();
    const unreadable: number[] = [];
    for (const { generation } of parts.generations.list()) {
      await reader.readGeneration(generation).catch(() => unreadable.push(generation));
    }
    return { unreadable, value: Number(content.secrets.token?.value.replace('value-', '')) };
  } finally {
    db.close();
  }
}
