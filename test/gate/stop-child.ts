import path from 'node:path';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/core/config.ts';
import { silentLog } from '../../src/core/log.ts';
import type { RunHandler } from '../../src/durable/backend.ts';

/** A process with a run of 1,000 commands, one after another, and beside it one command that takes long. */
const [home = '', files = '', sleeper = ''] = process.argv.slice(2);
const config = loadConfig({ env: { CLAW_HOME: home, CLAW_FILE_ROOTS: files }, cwd: files, root: files });
const march: RunHandler = async (run) => {
  for (let i = 0; i < 1_000; i += 1) {
    const input = { command: ['touch', path.join(files, `step-${i}`)] };
    await run.step({ id: `s${i}`, tool: 'shell_run', input, idempotent: true }, async ({ signal }) => {
      const { output } = await app.gate.call({ kind: 'owner' }, 'shell_run', input, { run: { id: run.id, stepId: `s${i}` }, signal });
      return output;
    });
  }
};
const app = await createApp({ config, log: silentLog, runs: { march }, recover: true, env: { PATH: process.env.PATH } });
if (sleeper !== '') {
  await app.backend.start({ kind: 'march', input: {}, caller: 'owner' });
  void app.gate.call({ kind: 'mcp' }, 'shell_run', { command: ['sleep', sleeper] }).catch(() => {});
}
process.stdout.write('ready\n');
setInterval(() => {}, 1_000);
