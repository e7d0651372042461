import { newId } from '../src/core/ids.ts';
import { peerAudit, type PeerAudit } from './durable-dbos-audit.ts';
import type { Contestants } from './figures.ts';

/** What is used of the DBOS SDK. It is no dependency: `npm install --no-save @dbos-inc/dbos-sdk` brings it for a comparison. */
interface Dbos {
  setConfig(config: { name: string; systemDatabaseUrl: string; logLevel: string; runAdminServer: boolean }): void;
  launch(): Promise<void>;
  shutdown(): Promise<void>;
  registerWorkflow<Result>(work: () => Promise<Result>, options: { name: string }): () => Promise<Result>;
  runStep<Result>(work: () => Promise<Result>, options: { name: string }): Promise<Result>;
}

const sdk = process.env.CLAW_BENCH_DBOS ?? '@dbos-inc/dbos-sdk';

/** The three steps alone, with two audit rows a step, and with these in a hash chain. */
export type DbosKind = 'peerSteps' | 'peerRows' | 'peerChained';

/** The same workflow on DBOS with PostgreSQL, which forces each commit to disk; or why it is not measured. */
export async function dbosContestants(): Promise<Contestants<DbosKind> | string> {
  const systemDatabaseUrl = process.env.CLAW_BENCH_POSTGRES;
  if (!systemDatabaseUrl) return 'not measured, CLAW_BENCH_POSTGRES names no database';
  const found = (await import(sdk).catch(() => undefined)) as { DBOS: Dbos } | undefined;
  if (!found) return 'not measured, npm install --no-save @dbos-inc/dbos-sdk brings it';
  const { DBOS } = found;
  const audit = await peerAudit(import.meta.resolve(sdk), systemDatabaseUrl);
  const threeSteps = (name: string, step: (id: string) => Promise<unknown>) =>
    DBOS.registerWorkflow(
      async () => {
        for (const id of ['a', 'b', 'c']) await DBOS.runStep(() => step(id), { name: id });
      },
      { name },
    );
  const once = {
    peerSteps: threeSteps('three-steps', async (name) => ({ name })),
    peerRows: threeSteps('three-steps-and-rows', (id) => audited(id, audit.rows)),
    peerChained: threeSteps('three-steps-and-chain', (id) => audited(id, audit.chained)),
  };
  DBOS.setConfig({ name: 'claw-bench', systemDatabaseUrl, logLevel: 'error', runAdminServer: false });
  await DBOS.launch();
  const close = async (): Promise<void> => {
    await DBOS.shutdown();
    await audit.close();
  };
  return { once, close };
}

/** On record before, and with its outcome after. */
async function audited(name: string, write: PeerAudit['rows']): Promise<{ name: string }> {
  const row = { callId: newId('call'), stepId: name };
  await write({ ...row, event: 'started', detail: JSON.stringify({ input: { name } }) });
  const output = { name };
  await write({ ...row, event: 'ok', detail: JSON.stringify({ output }) });
  return output;
}
