import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { claw } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/folder.ts';
import type { Turn } from '../../support/model-server.ts';
import { calling, planned, startAgentServer } from '../../support/scripted-agent.ts';

const request = 'summarise what page.txt says in a sentence';
const plan = planned([{ id: 't1', tool: 'open_task', role: 'planner', goal: 'Say the gist of page.txt', tools: ['file_read'] }]);

/** Reads first, and answers once it has read. */
const work = ({ body }: { body: object }): Turn =>
  JSON.stringify(body).includes('file_read has run') ? { text: 'Cats like boxes.' } : calling('file_read', { path: 'page.txt' });

test.each(['openai', 'anthropic'])(
  'claw do works with a model over the wire of %s: plan, calls, words, proof, exit code',
  async (provider) => {
    const server = await startAgentServer({ plan, work });
    const home = path.join(temporaryFolder(), 'home');
    const cwd = path.join(path.dirname(home), 'work');
    mkdirSync(cwd);
    writeFileSync(path.join(cwd, 'page.txt'), 'A long page about cats and boxes.');
    const env = {
      CLAW_MODEL: `${provider}/scripted`,
      OPENAI_BASE_URL: server.url,
      ANTHROPIC_BASE_URL: server.url,
      ANTHROPIC_API_KEY: 'sk-t',
      CLAW_EMBEDDINGS: 'none',
    };
    const shown = await claw(['do', request, '--plan'], { home, env, cwd });
    expect(shown.stdout).toContain(`Plan (${provider}/scripted)\n  t1 open_task Say the gist of page.txt`);
    const told = await claw(['do', request], { home, env, cwd });
    expect([told.code, told.stderr]).toEqual([0, expect.stringContaining('claw run show run_')]);
    expect(told.stdout).toMatch(/The model says:\nCats like boxes\.\n\nclaw's record:\nt1 open_task done[^]*done: 1 of 1 verified/);
    const parsed = JSON.parse((await claw(['do', request, '--json'], { home, env, cwd })).stdout) as object;
    expect(parsed).toMatchObject({ status: 'done', reply: 'Cats like boxes.', plan: { madeBy: { planner: 'model' } } });
  },
);
