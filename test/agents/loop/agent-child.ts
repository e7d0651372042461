import { createApp } from '../../../src/app.ts';
import { loadConfig } from '../../../src/core/config.ts';
import { silentLog } from '../../../src/core/log.ts';
import { isOpen } from '../../../src/durable/backend.ts';

/**
 * A process that carries out requests with a model, one after the other, until it is killed or has done `count`. What a killed one has
 * left it goes on with first. It says `ready` once it has a run under way, and `end` when all have ended.
 */
const [home = '', files = '', url = '', count = '1'] = process.argv.slice(2);
const env = { CLAW_HOME: home, CLAW_FILE_ROOTS: files, CLAW_MODEL: 'openai/scripted', OPENAI_BASE_URL: url, CLAW_EMBEDDINGS: 'none' };
const config = loadConfig({ env, cwd: files, root: files });
const app = await createApp({ config, log: silentLog, recover: true, folder: files });
await app.openGate();

const intakes = async (): Promise<{ id: string; status: string }[]> => (await app.backend.list({ kind: 'intake', limit: 200 })).items;
process.stdout.write('ready\n');
for (;;) {
  const runs = await intakes();
  const open = runs.find(({ status }) => isOpen(status as never));
  if (open) await app.backend.wait(open.id, { timeoutMs: 60_000, throughWaiting: true });
  else if (runs.length < Number(count)) {
    const request = `make sure notes about set ${runs.length + 1} exist in set${runs.length + 1}.txt`;
    await app.gate.call({ kind: 'owner' }, 'intake_run', { request });
  } else break;
}
process.stdout.write('end\n');
await app[Symbol.asyncDispose]();
