import type { Scenario } from '../scenario.ts';

export const schedule: Scenario[] = [
  {
    name: 'make a daily job',
    area: 'cron',
    request: 'every day at 9 check the disk and memory of this machine',
    expect: { calls: ['cron_add'], jobs: 1 },
    plays: [{ tool: 'cron_add', input: { schedule: 'every day at 09:00', tool: 'machine_status', input: {} } }],
  },
  {
    name: 'a job does its work when it is due',
    area: 'cron',
    world: { ownClock: true },
    request: 'every 10 minutes write "tick" to <home>/tick.txt',
    then: [{ passMs: 11 * 60_000 }],
    expect: { calls: ['cron_add', 'file_write'], files: { 'tick.txt': 'tick' }, jobs: 1, withinMs: 8_000 },
    plays: [
      { tool: 'cron_add', input: { schedule: 'every 10 minutes', tool: 'file_write', input: { path: '<home>/tick.txt', text: 'tick' } } },
    ],
  },
  {
    name: 'pause a job',
    area: 'cron',
    world: { before: [{ tool: 'cron_add', input: { name: 'backup', schedule: '@daily', tool: 'machine_status', input: {} } }] },
    request: 'pause the job backup',
    expect: { calls: ['cron_pause'], jobs: 1 },
    plays: [{ tool: 'cron_pause', input: { id: 'backup' } }],
    judge: async ({ output }) => {
      const { paused } = await output<{ paused: boolean }>('cron_show', { id: 'backup' });
      return paused ? [] : ['the job is not paused'];
    },
  },
  {
    name: 'list jobs',
    area: 'cron',
    world: { before: [{ tool: 'cron_add', input: { name: 'backup', schedule: '@daily', tool: 'machine_status', input: {} } }] },
    request: 'list cron jobs',
    expect: { calls: ['cron_list'], jobs: 1 },
  },
  {
    name: 'take a job off the schedule',
    area: 'cron',
    world: {
      before: [
        { tool: 'cron_add', input: { name: 'backup', schedule: '@daily', tool: 'machine_status', input: {} } },
        { tool: 'cron_add', input: { name: 'report', schedule: '@weekly', tool: 'machine_status', input: {} } },
      ],
    },
    request: 'remove the job backup',
    expect: { calls: ['cron_remove'], jobs: 1 },
    plays: [{ tool: 'cron_remove', input: { id: 'backup' } }],
  },
  {
    name: 'a time that is none is asked about',
    area: 'cron',
    request: 'three times a fortnight check the disk',
    person: { answers: ['never mind'] },
    expect: { status: ['declined', 'waiting'], questions: 1, jobs: 0 },
    only: ['none'],
  },
  {
    name: 'a job due tomorrow has not run today',
    area: 'cron',
    world: { ownClock: true },
    request: 'tomorrow at 9 write "late" to <home>/late.txt',
    then: [{ passMs: 60_000 }],
    expect: { calls: ['cron_add'], jobs: 1, files: { 'late.txt': null } },
    plays: [
      {
        tool: 'cron_add',
        input: { schedule: `2026-01-02T09:00:00Z`, tool: 'file_write', input: { path: '<home>/late.txt', text: 'late' } },
      },
    ],
  },
  {
    name: 'watch a folder and copy what comes',
    area: 'watcher',
    world: { files: { 'inbox/.keep': '', 'archive/.keep': '' } },
    request: 'watch <home>/inbox and copy new files to <home>/archive',
    then: [{ drop: { 'inbox/a.txt': 'fresh' } }],
    expect: { calls: ['watcher_add', 'file_copy'], files: { 'inbox/a.txt': 'fresh', 'archive/a.txt': 'fresh' }, withinMs: 10_000 },
    plays: [{ tool: 'watcher_add', input: { path: '<home>/inbox', copy: '<home>/archive', settleMs: 60 } }],
  },
  {
    name: 'stop watching',
    area: 'watcher',
    world: {
      files: { 'inbox/.keep': '', 'archive/.keep': '' },
      before: [{ tool: 'watcher_add', input: { name: 'scans', path: '<home>/inbox', copy: '<home>/archive' } }],
    },
    request: 'remove the watcher scans',
    expect: { calls: ['watcher_remove'] },
    plays: [{ tool: 'watcher_remove', input: { name: 'scans' } }],
    judge: async ({ output }) => {
      const { items } = await output<{ items: unknown[] }>('watcher_list');
      return items.length === 0 ? [] : ['the rule is still there'];
    },
  },
  {
    name: 'list what is watched',
    area: 'watcher',
    request: 'which folders are watched',
    expect: { calls: ['watcher_list'] },
  },
  {
    name: 'run a workflow that is built in',
    area: 'workflow',
    request: 'run the workflow health-check',
    expect: { calls: ['workflow_run'], approvals: 0, status: ['done', 'unverified'] },
    plays: [{ tool: 'workflow_run', input: { name: 'health-check' } }],
  },
  {
    name: 'run a saved workflow',
    area: 'workflow',
    world: { before: [{ tool: 'workflow_save', input: { name: 'greet', text: greeting() } }] },
    request: 'run the workflow greet',
    expect: { calls: ['workflow_run', 'file_write'], status: ['done', 'unverified'], files: { 'greeting.txt': 'good morning' } },
    plays: [{ tool: 'workflow_run', input: { name: 'greet' } }],
  },
  {
    name: 'list workflows',
    area: 'workflow',
    request: 'which workflows are there',
    expect: { calls: ['workflow_list'] },
  },
];

function greeting(): string {
  return `description: Says good morning.
steps:
  - id: write
    tool: file_write
    input: { path: <home>/greeting.txt, text: good morning }
`;
}
