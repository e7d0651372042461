import type { Turn } from '../../test/support/model-wire.ts';
import type { Scenario } from '../scenario.ts';

/** A provider that fails at first, or a model that writes nothing usable: the work is done all the same. */
const mended: [string, Turn[]][] = [
  ['is asked too often, and says when to come back', [{ status: 429, headers: { 'retry-after': '0' } }]],
  ['is overloaded', [{ status: 529 }, { status: 529 }]],
  ['breaks off in the middle of its reply', [{ text: '{"tasks": [', cut: true }]],
  ['sends broken JSON', [{ text: '{"tasks": []}', garbled: true }]],
  ['answers in prose where a plan is asked for', [{ text: 'Sure, I will do that at once!' }]],
  [
    'plans with a tool that is not there',
    [{ text: '{"tasks":[{"id":"t1","tool":"file_clone","input":{"a":1},"dependsOn":[]}],"questions":[]}' }],
  ],
];

const copying: Pick<Scenario, 'area' | 'world' | 'request' | 'only'> = {
  area: 'model',
  world: { files: { 'a.txt': 'one' } },
  request: 'copy <home>/a.txt to <home>/b.txt',
  only: ['scripted'],
};

export const faults: Scenario[] = [
  ...mended.map(([name, turns]): Scenario => ({
    ...copying,
    name: `the model ${name}`,
    faults: turns,
    expect: {
      calls: [{ tool: 'file_copy', input: { from: '<home>/a.txt', to: '<home>/b.txt' } }],
      files: { 'a.txt': 'one', 'b.txt': 'one' },
    },
  })),
  {
    ...copying,
    name: 'the model refuses, and the person is asked instead',
    faults: [{ text: 'No.', stop: 'refused' }],
    expect: { status: 'waiting', questions: 1, files: { 'b.txt': null } },
  },
  {
    ...copying,
    name: 'a budget is kept before the reply that would pass it',
    world: { ...copying.world, env: { CLAW_MODEL_BUDGET: 'run 10 tokens' } },
    expect: { status: 'waiting', questions: 1, files: { 'b.txt': null } },
    judge: ({ tokens }) => (tokens === 0 ? [] : [`${tokens} tokens were used`]),
  },
];
