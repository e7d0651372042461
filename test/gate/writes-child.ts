import { writeSync } from 'node:fs';
import path from 'node:path';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/core/config.ts';
import { silentLog } from '../../src/core/log.ts';

/** A process that writes files and memories until it is killed. Each line on stdout acknowledges one call that has returned. */
const [home = '', files = '', first = '0'] = process.argv.slice(2);
const config = loadConfig({ env: { CLAW_HOME: home, CLAW_FILE_ROOTS: files }, cwd: files, root: files });
const app = await createApp({ config, log: silentLog, recover: true });
let next = Number(first);

async function lane(): Promise<never> {
  for (;;) {
    const number = next;
    next += 1;
    const [tool, input] =
      number % 2 === 0
        ? ['file_write', { path: path.join(files, `f-${number}`), text: `text ${number}` }]
        : ['memory_remember', { text: `the number ${number} is in drawer ${number * 7}`, key: `n-${number}` }];
    const { callId } = await app.gate.call({ kind: 'owner' }, tool, input);
    writeSync(1, `${number} ${callId}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, lane));
