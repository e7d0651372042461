import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { measureReach, measureSplits, type RoutingSet } from '../evals/routing/measure.ts';
import { createPlanner } from '../src/agents/intake/planner.ts';
import { createRouters } from '../src/agents/routing/routers.ts';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/core/config.ts';
import { silentLog } from '../src/core/log.ts';
import { bundledEmbedder } from '../src/engines/embeddings/bundled.ts';
import { phrasebook } from '../src/tools/phrasebook.ts';

/** `--set FILE`: requests for our own tools, as in evals/routing; `--show` prints what went wrong. */
export default async function bench(flags: string[] = []): Promise<void> {
  const { values } = parseArgs({
    args: flags,
    options: { set: { type: 'string', default: path.join(import.meta.dirname, '../evals/routing/dev.json') }, show: { type: 'boolean' } },
  });
  const set = JSON.parse(readFileSync(values.set, 'utf8')) as RoutingSet;
  const folder = mkdtempSync(path.join(tmpdir(), 'routing-'));
  const config = loadConfig({ env: { CLAW_HOME: path.join(folder, 'home') }, cwd: folder, root: folder });
  const app = await createApp({ config, log: silentLog, folder });
  const gate = await app.openGate();
  const caller = { kind: 'owner' } as const;
  for (const label of ['words', 'words and meaning']) {
    const embedder = label === 'words' ? undefined : bundledEmbedder();
    const routers = createRouters({ embedder: async () => embedder, phrasebook: async () => phrasebook, patienceMs: 60_000 });
    const { router } = await routers.for(gate.list(caller));
    const reach = await measureReach(set, (sentences) => router.rank(sentences));
    const planner = createPlanner({ gate, routers });
    const splits = await measureSplits(set, (request) => planner.plan(caller, request));
    console.log(
      `${label}: right tool first ${percent(reach.first)} of ${set.paraphrases.length}, under the first five ${percent(reach.five)}; ` +
        `out of scope declined with AUROC ${reach.auroc.toFixed(3)} (${set.outOfScope.length}); ` +
        `split right ${percent(splits.right)} of ${set.multipart.length}`,
    );
    if (values.show) for (const one of [...reach.missed, ...splits.wrong]) console.log(JSON.stringify(one));
    embedder?.close();
  }
  await app[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
