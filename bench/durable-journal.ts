import path from 'node:path';
import { systemClock } from '../src/core/clock.ts';
import { openDatabase } from '../src/core/database.ts';
import { newId } from '../src/core/ids.ts';
import { silentLog } from '../src/core/log.ts';
import { createRedactor } from '../src/core/redact.ts';
import type { Attempt, RunHandler } from '../src/durable/backend.ts';
import { createSqliteBackend, durableSchema } from '../src/durable/sqlite-backend.ts';
import { auditSchema, createAudit } from '../src/gate/audit/audit.ts';
import type { Contestants } from './figures.ts';

interface Named {
  name: string;
}

const threeSteps =
  (work: (name: string, attempt: Attempt<Named>) => Promise<Named>): RunHandler =>
  async ({ step }) => {
    for (const name of ['a', 'b', 'c'])
      await step<Named>({ id: name, tool: 'bench', input: {}, idempotent: false }, (attempt) => work(name, attempt));
  };

/**
 * Three steps in code, as DBOS has them, on the journal alone; then with their audit rows, the first on disk before the step
 * begins. The end too is on disk before anyone hears of it.
 */
export async function journalContestants(folder: string): Promise<Contestants<'steps' | 'audited'>> {
  const db = openDatabase(path.join(folder, 'steps.db'), [durableSchema, auditSchema]);
  const backend = createSqliteBackend({ db, clock: systemClock, log: silentLog });
  const audit = createAudit({ db, clock: systemClock, redactor: createRedactor(), worker: backend.workerId });
  const audited = async (name: string, { commit }: Attempt<Named>): Promise<Named> => {
    const entry = { callId: newId('call'), caller: { kind: 'workflow', name: 'note' }, tool: 'bench', stepId: name } as const;
    audit.record({ ...entry, event: 'started', detail: { input: { name } } });
    await db.flushed();
    const output = { name };
    db.transaction(() => {
      audit.record({ ...entry, event: 'ok', detail: { output } });
      commit(output);
    });
    return output;
  };
  backend.register(
    'steps',
    threeSteps(async (name) => ({ name })),
  );
  backend.register('audited', threeSteps(audited));
  await backend.open({ recover: true });
  const toTheEnd = async (kind: string): Promise<void> => {
    const id = await backend.start({ kind, input: {}, caller: 'owner' });
    await backend.wait(id, { timeoutMs: 60_000 });
    await db.flushed();
  };
  const close = async (): Promise<void> => {
    await backend.close();
    db.close();
  };
  return { once: { steps: () => toTheEnd('steps'), audited: () => toTheEnd('audited') }, close };
}
