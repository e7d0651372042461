import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { createApp } from '../../../src/app.ts';
import { manualClock, systemClock } from '../../../src/core/clock.ts';
import { loadConfig } from '../../../src/core/config.ts';
import { systemCode } from '../../../src/core/errors.ts';
import { silentLog } from '../../../src/core/log.ts';
import { defineTool } from '../../../src/core/tool.ts';
import { tools } from '../../../src/tools/index.ts';

/** What a child is told, as JSON in its first argument. */
export interface CronChildOrder {
  home: string;
  /** Where the keys of calls are left, one file each. */
  keys: string;
  /** Its clock stands here and moves by the ms of each line on stdin. Without it the clock is the system's. */
  now?: number;
}

/** Leaves one file for each key, so that what happens twice with one key is one effect. */
const mark = (keys: string) =>
  defineTool({
    name: 'trial_mark',
    title: 'Mark',
    description: 'Leave a mark.',
    risk: 'write',
    idempotent: true,
    input: z.object({}),
    output: z.object({ done: z.boolean() }),
    examples: ['mark one', 'mark two', 'mark three', 'mark four', 'mark five'],
    run: async (ctx) => {
      await sleep(Math.random() * 10);
      try {
        writeFileSync(path.join(keys, ctx.key.replaceAll('/', '.')), '', { flag: 'wx' });
      } catch (error) {
        if (systemCode(error) !== 'EEXIST') throw error;
      }
      return { done: true };
    },
  });

/** The real tools and one more, which the jobs of the test call. */
export const toolsWithMark = (keys: string) => [...tools, mark(keys)];

/** A process that leads, or waits to, until it is killed. It says `ready` once it does. */
if (import.meta.main) {
  const { home, keys, now } = JSON.parse(process.argv[2] ?? '{}') as CronChildOrder;
  const config = loadConfig({ env: { CLAW_HOME: home, CLAW_FILE_ROOTS: path.dirname(keys) }, cwd: keys, root: keys });
  const driven = manualClock(now);
  const clock = now === undefined ? systemClock : driven;
  const app = await createApp({ config, log: silentLog, tools: toolsWithMark(keys), recover: true, clock });
  // Loaded now, so that kills fall among firings.
  await app.openGate();
  if (now !== undefined) createInterface({ input: process.stdin }).on('line', (ms) => driven.advance(Number(ms)));
  process.stdout.write('ready\n');
  setInterval(() => {}, 60_000);
}
