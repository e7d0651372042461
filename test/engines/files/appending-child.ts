import { createApp } from '../../../src/app.ts';
import { loadConfig } from '../../../src/core/config.ts';
import { silentLog } from '../../../src/core/log.ts';

/** A process that adds so many lines of its own to a file, one call after the other. */
const [home = '', files = '', file = '', name = '', count = '0'] = process.argv.slice(2);
const config = loadConfig({ env: { CLAW_HOME: home, CLAW_FILE_ROOTS: files }, cwd: files, root: files });
const app = await createApp({ config, log: silentLog, folder: files });
for (let index = 0; index < Number(count); index += 1)
  await app.gate.call({ kind: 'owner' }, 'file_write', { path: file, text: `${name} ${index}`, mode: 'line' });
await app[Symbol.asyncDispose]();
