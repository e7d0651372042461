import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { randomOf, type Random } from '../edge/random.ts';
import { temporaryFolder } from '../support/folder.ts';

/** A file of the data folder, and how what depends on it is used. */
export interface Victim<Opened extends AsyncDisposable = AsyncDisposable> {
  /** Its name in the data folder; errors name it. */
  name: string;
  /** Fills a data folder in which the file is whole, and closes it. */
  fill(home: string): Promise<void>;
  /** Opens what reads the file. Throws only what a person would be shown. */
  open(home: string): Promise<Opened>;
  /** Uses everything that depends on it; what it throws is judged in the same way. */
  use(opened: Opened): Promise<void>;
}

/** One bit to a few hundred bytes changed, or the end cut off. */
export function damage(whole: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(whole);
  const kind = random.below(4);
  if (kind === 0) return bytes.subarray(0, random.below(bytes.length));
  if (kind === 1) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
  if (kind === 2) for (let count = 0; count < 16; count += 1) bytes[random.below(bytes.length)] = random.below(256);
  if (kind === 3) bytes.fill(random.below(256), ...range(bytes.length, random));
  return bytes;
}

function range(length: number, random: Random): [number, number] {
  const start = random.below(length);
  return [start, Math.min(length, start + 1 + random.below(600))];
}

interface Shown extends Error {
  code?: string;
  hint?: string;
}

/**
 * Damages the file in `count` ways, each on a copy of its own. Each is either not noticed by anyone, or ends in an error that
 * names the file and says what to do; never in a crash, and what was refused at the door is left as it was found.
 */
export function describeCorruption<Opened extends AsyncDisposable>(
  victim: Victim<Opened>,
  { seed, count }: { seed: number; count: number },
): void {
  const { name, fill } = victim;
  test(
    `${name} damaged in ${count} ways (seed ${seed}) is served or named, and not changed where it is refused`,
    { timeout: 900_000 },
    async () => {
      const folder = temporaryFolder();
      const model = path.join(folder, 'model');
      await fill(model);
      const whole = readFileSync(path.join(model, name));
      const random = randomOf(seed);
      const outcomes: Record<string, number> = {};
      for (let round = 0; round < count; round += 1) {
        const home = path.join(folder, 'home');
        mkdirSync(home, { mode: 0o700 });
        cpSync(model, home, { recursive: true });
        const damaged = damage(whole, random);
        writeFileSync(path.join(home, name), damaged);
        const { stage, error } = await tried(victim, home);
        const outcome = error === undefined ? stage : `${stage}: ${error.code}`;
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        const where = `round ${round}, ${outcome}: ${error?.message} ${error?.hint}\n${String((error?.cause as Error | undefined)?.stack)}`;
        if (error) expect(isClear(error, name), where).toBe(true);
        // What was refused is as it was found, or at least no better for having been looked at.
        if (stage === 'refused' && !readFileSync(path.join(home, name)).equals(damaged))
          expect((await tried(victim, home)).stage, where).toBe('refused');
        rmSync(home, { recursive: true });
      }
      console.log(`${name}: ${count} damages, seed ${seed}: ${JSON.stringify(outcomes)}`);
    },
  );
}

async function tried<Opened extends AsyncDisposable>(
  { open, use }: Victim<Opened>,
  home: string,
): Promise<{ stage: 'served' | 'refused' | 'refused later'; error?: Shown }> {
  let opened: Opened;
  try {
    opened = await open(home);
  } catch (error) {
    return { stage: 'refused', error: error as Shown };
  }
  try {
    await use(opened);
    return { stage: 'served' };
  } catch (error) {
    return { stage: 'refused later', error: error as Shown };
  } finally {
    await opened[Symbol.asyncDispose]();
  }
}

const isClear = ({ code = '', message, hint = '' }: Shown, name: string): boolean =>
  ['bad_config', 'conflict', 'unavailable'].includes(code) && `${message} ${hint}`.includes(name) && /\w/.test(hint);
