import { z } from 'zod';
import { defineTool } from '../core/tool.ts';

const state = {
  at: z.string(),
  by: z.string(),
  reason: z.string().optional(),
  runs: z.number(),
  calls: z.number(),
};

export const stopAll = defineTool({
  name: 'stop_all',
  title: 'Stop everything',
  description: 'End every run and call on this data folder; nothing starts until the owner releases it.',
  risk: 'write',
  idempotent: true,
  transactional: true,
  whileStopped: true,
  only: ['owner', 'mcp'],
  input: z.object({ reason: z.string().max(500).optional() }),
  output: z.object({
    ...state,
    ended: z.array(z.object({ id: z.string(), what: z.string(), caller: z.string() })).describe('The first 50 that were under way'),
  }),
  slots: { reason: 'quoted' },
  examples: [
    'stop everything',
    'stop everything now',
    'emergency stop',
    'halt all runs at once',
    'pull the plug on everything that is running',
    'stop everything because "the backup is wrong"',
  ],
  run: (ctx, { reason }) => ctx.stop.stop({ by: ctx.caller, reason, callId: ctx.callId, runId: ctx.runId }),
  verify: (ctx) => {
    const found = ctx.stop.state();
    return [{ check: 'the switch is on', ok: found !== undefined, found: found ? `stopped at ${found.at}` : 'it is off' }];
  },
  dryRun: () => [{ action: 'update', target: 'every run and call of this data folder', after: 'stopped' }],
  summary: ({ at, by, runs, calls }) =>
    `Everything is stopped since ${at}, by ${by}: ${runs} runs and ${calls} calls ended. Nothing starts until: claw stop --release`,
});

export const stopRelease = defineTool({
  name: 'stop_release',
  title: 'Release the stop',
  description: 'Let calls start again after stop_all. Only the owner may; what was stopped stays stopped.',
  risk: 'write',
  idempotent: true,
  transactional: true,
  whileStopped: true,
  only: ['owner'],
  ownersWord: true,
  input: z.object({}),
  output: z.object({ released: z.boolean().describe('False where nothing was stopped'), stopped: z.object(state).optional() }),
  examples: [
    'release the stop',
    'lift the emergency stop',
    'let things run again after the stop',
    'end the stop and go on',
    'allow calls again',
  ],
  run: (ctx) => {
    const before = ctx.stop.release();
    return { released: before !== undefined, ...(before && { stopped: before }) };
  },
  verify: (ctx) => {
    const found = ctx.stop.state();
    return [{ check: 'the switch is off', ok: found === undefined, found: found ? `stopped by ${found.by}` : 'it is off' }];
  },
  summary: ({ released, stopped }) =>
    released ? `Calls start again. They were stopped since ${stopped?.at}, by ${stopped?.by}.` : 'Nothing was stopped.',
});
