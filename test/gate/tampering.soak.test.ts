import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { seededRandom } from '../durable/seeded-random.ts';
import { temporaryFolder } from '../support/folder.ts';
import { openAudit } from './audit-bench.ts';
import { tamperings, type Tampering } from './tampering.ts';

const count = process.env.CLAW_SOAK === '1' ? 1_000 : 70;
const seed = 20_261_124;
const rows = 120;
const pins = [40, 80, 110];

interface Original {
  folder: string;
  /** A state of the folder as it was before its last signature. */
  older: string;
  /** What was exported, out of reach. */
  exported: string;
}

/** 120 rows, of which 110 are under signatures that were exported. */
async function original(base: string, name: string): Promise<Original> {
  const folder = path.join(base, name);
  const older = path.join(base, `${name}-older`);
  const exported = path.join(base, `${name}.jsonl`);
  mkdirSync(folder);
  let done = 0;
  for (const pin of [...pins, rows]) {
    {
      using bench = openAudit(folder, { exportTo: `file:${exported}` });
      for (; done < pin; done += 1) bench.record(1, { name, done, text: 'é “quoted” text' });
      if (pins.includes(pin)) await bench.checkpoints.make();
      bench.mirror.flush();
    }
    if (pin === 80) cpSync(folder, older, { recursive: true });
  }
  return { folder, older, exported };
}

async function verdictOn(folder: string, exported: string): Promise<{ ok: boolean; firstBad?: number }> {
  using bench = openAudit(folder, { exportTo: `file:${exported}` });
  return await bench.check();
}

test(
  `${count} random tamperings of the audit are all found, and the first bad row is named (seed ${seed})`,
  { timeout: 600_000 },
  async () => {
    const base = temporaryFolder();
    const mine = await original(base, 'mine');
    const other = await original(base, 'other');
    await expect(verdictOn(mine.folder, mine.exported)).resolves.toMatchObject({ ok: true, provenTo: 110 });

    const swaps = swapsOf({ mine, other });
    const kinds = tamperings(pins);
    const random = seededRandom(seed);
    const below = (limit: number): number => Math.floor(random() * limit);
    const missed: string[] = [];
    for (let i = 0; i < count; i += 1) {
      const folder = path.join(base, 'tampered');
      rmSync(folder, { recursive: true, force: true });
      cpSync(mine.folder, folder, { recursive: true });
      const kind = below(kinds.length + swaps.length);
      const spoils = { database: path.join(folder, 'claw.db'), file: path.join(folder, 'audit.log'), random: below, rows, signed: 110 };
      const { name, firstBad } = kind < kinds.length ? kinds[kind]!(spoils) : swaps[kind - kinds.length]!(folder);
      const found = await verdictOn(folder, mine.exported);
      const isNamed = found.firstBad !== undefined && found.firstBad >= firstBad[0] && found.firstBad <= firstBad[1];
      if (found.ok || !isNamed) missed.push(`${i}: ${name}: expected ${firstBad.join('–')}, found ${JSON.stringify(found)}`);
    }
    console.log(
      `audit: seed ${seed}, ${count} tamperings of ${kinds.length + swaps.length} kinds, ${missed.length} not found or not named`,
    );
    expect(missed, `seed ${seed}`).toEqual([]);
    expect(readFileSync(mine.exported, 'utf8').trim().split('\n')).toHaveLength(pins.length);
  },
);

/** Whole files put in the place of ours: of another folder, or as they were. */
function swapsOf({ mine, other }: { mine: Original; other: Original }): ((folder: string) => Tampering)[] {
  const copy = (from: string, folder: string, ...files: string[]): void => {
    for (const file of files) cpSync(path.join(from, file), path.join(folder, file));
  };
  return [
    (folder) => {
      copy(other.folder, folder, 'claw.db');
      return { name: "another folder's claw.db", firstBad: [1, 1] };
    },
    (folder) => {
      copy(other.folder, folder, 'audit.log');
      return { name: "another folder's audit.log", firstBad: [1, 1] };
    },
    (folder) => {
      copy(other.folder, folder, 'claw.db', 'audit.log', 'audit.key');
      return { name: "another folder's files, all of them", firstBad: [40, 40] };
    },
    (folder) => {
      copy(mine.older, folder, 'claw.db', 'audit.log');
      return { name: 'an older state of claw.db and audit.log', firstBad: [81, 81] };
    },
    (folder) => {
      copy(mine.older, folder, 'claw.db');
      return { name: 'an older state of claw.db', firstBad: [81, 81] };
    },
  ];
}
