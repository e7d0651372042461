/** Workflows a second by number of lanes, once a round. */
export type Rates = Map<number, number[]>;

interface Course {
  laneCounts: number[];
  runsPerLane: number;
  rounds: number;
}

/** What is used of the DBOS SDK. It is no dependency: `npm install --no-save @dbos-inc/dbos-sdk` brings it for a comparison. */
interface Dbos {
  setConfig(config: { name: string; systemDatabaseUrl: string; logLevel: string; runAdminServer: boolean }): void;
  launch(): Promise<void>;
  shutdown(): Promise<void>;
  registerWorkflow<Result>(work: () => Promise<Result>, options: { name: string }): () => Promise<Result>;
  runStep<Result>(work: () => Promise<Result>, options: { name: string }): Promise<Result>;
}

const sdk = process.env.CLAW_BENCH_DBOS ?? '@dbos-inc/dbos-sdk';

/** The same workflow on DBOS with PostgreSQL, which forces each commit to disk; or why it was not measured. */
export async function dbosRates({ laneCounts, runsPerLane, rounds }: Course): Promise<Rates | string> {
  const systemDatabaseUrl = process.env.CLAW_BENCH_POSTGRES;
  if (!systemDatabaseUrl) return 'not measured, CLAW_BENCH_POSTGRES names no database';
  const found = (await import(sdk).catch(() => undefined)) as { DBOS: Dbos } | undefined;
  if (!found) return 'not measured, npm install --no-save @dbos-inc/dbos-sdk brings it';
  const { DBOS } = found;
  const threeSteps = DBOS.registerWorkflow(
    async () => {
      for (const name of ['a', 'b', 'c']) await DBOS.runStep(async () => ({ name }), { name });
    },
    { name: 'three-steps' },
  );
  DBOS.setConfig({ name: 'claw-bench', systemDatabaseUrl, logLevel: 'error', runAdminServer: false });
  await DBOS.launch();
  const perSecond = async (lanes: number): Promise<number> => {
    const began = performance.now();
    const lane = async (): Promise<void> => {
      for (let index = 0; index < runsPerLane; index += 1) await threeSteps();
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return ((lanes * runsPerLane) / (performance.now() - began)) * 1_000;
  };
  await perSecond(10);
  const rates: Rates = new Map(laneCounts.map((lanes) => [lanes, []]));
  for (let round = 0; round < rounds; round += 1) for (const lanes of laneCounts) rates.get(lanes)!.push(await perSecond(lanes));
  await DBOS.shutdown();
  return rates;
}
