import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { createApp } from '../../../src/app.ts';
import { loadConfig } from '../../../src/core/config.ts';
import { ToolError } from '../../../src/core/errors.ts';
import { silentLog } from '../../../src/core/log.ts';
import { defineTool, type Tool } from '../../../src/core/tool.ts';
import { tools } from '../../../src/tools/index.ts';
import { leaveTrace } from '../../support/traces.ts';

/** What a child is told, as JSON in its first argument. */
export interface KillOrder {
  home: string;
  /** Where effects are left in `effects.log`, in the order in which they happened. */
  place: string;
  /** Workflows with these numbers are started, if they were not before. */
  from: number;
  to: number;
}

export const effectsFile = (place: string): string => path.join(place, 'effects.log');
/** How many workflows a process has under way, beside those that it takes over and those that wait for a person. */
const lanes = 4;
/** By number: one that goes through, one that rolls back, two that ask a person who says yes, or no. */
export const workflowOf = (number: number): 'plain' | 'back' | 'yes' | 'no' => (['plain', 'back', 'yes', 'no'] as const)[number % 4]!;

const step = (id: string, tool: string, more = ''): string => `  - {id: ${id}, tool: ${tool}, input: {name: ${id}}${more}}\n`;
const begin = `on_failure: rollback\nsteps:\n${step('s1', 'soak_keyed')}${step('s2', 'soak_open', ', undo: {tool: soak_back_open, input: {name: "${{ output.name }}"}}')}`;
const asking = `${begin}  - {id: s3, approval_gate: "Go on?"}\n${step('s4', 'soak_open')}${step('s5', 'soak_keyed')}`;
export const texts: Record<ReturnType<typeof workflowOf>, string> = {
  plain: `${begin}${step('s3', 'soak_keyed')}${step('s4', 'soak_open')}${step('s5', 'soak_keyed')}`,
  back: `${begin}${step('s3', 'soak_keyed')}${step('s4', 'soak_open')}${step('s5', 'soak_fail')}`,
  yes: asking,
  no: asking,
};

const examples = ['soak one', 'soak two', 'soak three', 'soak four', 'soak five'];
const shape = z.object({ name: z.string() });

/** The real tools, and some whose effects lie outside of the journal. Of those that are keyed, the same key again is the same effect. */
export function soakTools(place: string): Tool[] {
  const note = (line: string): void => leaveTrace(effectsFile(place), line);
  const base = { title: 'Soak', description: 'Leave a trace.', input: shape, output: shape, examples } as const;
  const trace = (name: string, options: Pick<Tool, 'idempotent' | 'undo'>): Tool =>
    defineTool({
      ...base,
      ...options,
      name,
      risk: 'write',
      run: async (ctx, given) => {
        await pause(Math.random() * 8);
        note(`begin ${ctx.key}`);
        note(`effect ${ctx.key}`);
        await pause(Math.random() * 8);
        return given;
      },
    });
  const back = (input: unknown) => ({ tool: 'soak_back', input });
  const fail = defineTool({
    ...base,
    name: 'soak_fail',
    risk: 'read',
    run: () => {
      throw new ToolError('failed', 'It fails.', { hint: 'It always does.' });
    },
  });
  return [
    ...tools,
    trace('soak_keyed', { idempotent: true, undo: back }),
    trace('soak_open', { undo: back }),
    trace('soak_back', { idempotent: true }),
    trace('soak_back_open', {}),
    fail,
  ];
}

/** A process that runs its share until it is killed. It says `ready` once it begins. */
if (import.meta.main) {
  const { home, place, from, to } = JSON.parse(process.argv[2] ?? '{}') as KillOrder;
  const config = loadConfig({ env: { CLAW_HOME: home, CLAW_FILE_ROOTS: place }, cwd: place, root: place });
  const app = await createApp({ config, log: silentLog, tools: soakTools(place), recover: true });
  let next = from;
  const lane = async (): Promise<void> => {
    while (next < to) {
      const number = next++;
      await app.gate.call({ kind: 'owner' }, 'workflow_run', { name: workflowOf(number) }, { key: `soak-${number}` });
    }
  };
  process.stdout.write('ready\n');
  await Promise.all(Array.from({ length: lanes }, lane));
  process.stdout.write('done\n');
  setInterval(() => {}, 60_000);
}
