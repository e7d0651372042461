import path from 'node:path';
import { createApp } from '../../../src/app.ts';
import { loadConfig } from '../../../src/core/config.ts';
import { silentLog } from '../../../src/core/log.ts';

/** A process that leads and watches until it is killed. It says `ready` once it watches. */
const [home = '', files = ''] = process.argv.slice(2);
const config = loadConfig({ env: { CLAW_HOME: home, CLAW_FILE_ROOTS: files }, cwd: files, root: files });
await createApp({ config, log: silentLog, recover: true });
process.stdout.write(`ready ${path.basename(home)}\n`);
setInterval(() => {}, 60_000);
