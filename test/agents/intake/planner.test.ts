import { describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/agents/intake/plan-types.ts';
import { createPlanner } from '../../../src/agents/intake/planner.ts';
import { owner, startApp } from '../../support/app.ts';
import { sharedRouters } from '../../support/routers.ts';

const routers = sharedRouters();

async function planned(request: string): Promise<Plan> {
  const app = await startApp();
  return createPlanner({ gate: app.gate, routers }).plan(owner, request);
}

const calls = ({ tasks }: Plan): [string, Record<string, unknown>][] => tasks.map(({ tool, input }) => [tool, input]);

describe('what is understood', () => {
  const understood: [string, [string, Record<string, unknown>][]][] = [
    ['check the disk and memory of this machine', [['machine_status', {}]]],
    ['uptime and kernel version pls', [['machine_status', {}]]],
    ['df -h', [['shell_run', { command: ['df', '-h'] }]]],
    ['show me the last 20 lines of /srv/app.log', [['file_read', { path: '/srv/app.log', lines: 20, fromEnd: true }]]],
    ['count the lines with ERROR in /srv/app.log', [['file_search', { path: '/srv/app.log', text: 'ERROR' }]]],
    ['replace "8080" with "9090" in /srv/app.conf', [['file_edit', { path: '/srv/app.conf', find: '8080', replace: '9090' }]]],
    ['add "buy milk" to the end of /srv/todo.md', [['file_write', { path: '/srv/todo.md', text: 'buy milk', mode: 'line' }]]],
    ['rename notes.txt to old.txt in /srv/data', [['file_move', { from: '/srv/data/notes.txt', to: '/srv/data/old.txt' }]]],
    ['make a folder called 2024 in /srv/logs', [['folder_create', { path: '/srv/logs/2024' }]]],
    ['undo that', [['run_undo', { id: 'last' }]]],
    ["what's my ip address", [['machine_network', {}]]],
    [
      'remember that the router is at 192.168.1.1 and the spare key is in the kitchen',
      [['memory_remember', { text: 'the router is at 192.168.1.1 and the spare key is in the kitchen' }]],
    ],
    [
      'fetch https://example.com/a.json, save it as /srv/a.json and tell me how big the file is',
      [
        ['http_request', { url: 'https://example.com/a.json' }],
        ['file_write', { path: '/srv/a.json', text: { $from: 't1', whole: true } }],
        ['file_list', { path: '/srv/a.json', sortBy: 'size' }],
      ],
    ],
    [
      "could you tell me what's in /srv/data and which file there is the biggest?",
      [
        ['file_list', { path: '/srv/data' }],
        ['file_list', { path: '/srv/data', sortBy: 'size' }],
      ],
    ],
    [
      'make a backup of a.conf in /srv called a.bak and then show me both files',
      [
        ['file_copy', { from: '/srv/a.conf', to: '/srv/a.bak' }],
        ['file_read', { path: '/srv/a.conf' }],
        ['file_read', { path: '/srv/a.bak' }],
      ],
    ],
    [
      'make a folder backup in /srv and copy /srv/a.conf and /srv/b.conf into it',
      [
        ['folder_create', { path: '/srv/backup' }],
        ['file_copy', { from: '/srv/a.conf', to: '/srv/backup' }],
        ['file_copy', { from: '/srv/b.conf', to: '/srv/backup' }],
      ],
    ],
    [
      'move /srv/cat.jpg to /srv/pets and rename it to mimi.jpg',
      [
        ['file_move', { from: '/srv/cat.jpg', to: '/srv/pets/' }],
        ['file_move', { from: '/srv/pets/cat.jpg', to: '/srv/pets/mimi.jpg' }],
      ],
    ],
    ['delete logs/old.log in /srv, dont need it anymore', [['file_delete', { path: '/srv/logs/old.log' }]]],
    ['add "replace fan" to my todo list in /srv/todo.md', [['file_write', { path: '/srv/todo.md', text: 'replace fan', mode: 'line' }]]],
    ['is the service on http://127.0.0.1:1 up?', [['http_request', { url: 'http://127.0.0.1:1' }]]],
  ];
  test.each(understood)('%s', async (request, expected) => {
    const plan = await planned(request);
    expect(plan.missing).toEqual([]);
    expect(calls(plan)).toEqual(expected);
  });
});

describe('what is asked about instead of guessed', () => {
  test.each([
    'press the power button on my printer in the hallway',
    'write me a nice birthday poem for my brother Tom',
    'turn off the lights in the garage at 11 tonight',
    'wipe the whole disk and start over',
    'delete /srv/old.log, but only if it is older than 30 days',
    'find every file in /srv that has the word invoice in it, or bill',
    'change the port in /srv/app.conf to 9090',
    'get me the wifi password of my neighbour',
    'delete all scheduled jobs',
    'watch /srv/inbox and tell me when a pdf arrives',
  ])('%s', async (request) => {
    const { missing, tasks } = await planned(request);
    expect(missing.length).toBeGreaterThan(0);
    expect(missing[0]!.question).not.toBe('');
    expect(tasks.map(({ id }) => id)).toContain(missing[0]!.task);
  });
});

test('who says what is to be done away with is not served by being shown it', async () => {
  const { tasks } = await planned('delete all scheduled jobs');
  expect(tasks.map(({ tool }) => tool)).not.toContain('cron_list');
});

test('"when does" is a question and no condition', async () => {
  const { missing, tasks } = await planned('when does job_01k9x2 run next');
  expect(missing).toEqual([]);
  expect(tasks).toMatchObject([{ tool: 'cron_show', input: { id: 'job_01k9x2' } }]);
});

test.each([
  "could you tell me what's in the picture /srv/photos/cat.jpg please",
  'which port is set in /srv/config.yaml?',
  'is there a copy of /srv/a.conf in /srv/backup?',
  'did you delete /srv/a.txt',
  'what happens when I move /srv/a to /srv/b',
])('a question changes nothing: %s', async (request) => {
  const { tasks, changes } = await planned(request);
  expect(changes).toEqual([]);
  expect(tasks.filter(({ tool }) => /_(?:write|move|copy|delete|edit|create|remove|remember|forget|restore|run)$/.test(tool))).toEqual([]);
});

test('what works on a folder and what works inside it keep their order', async () => {
  const { tasks } = await planned('make a folder called b in /srv, move /srv/a.txt to /srv/b and list the files in /srv');
  expect(tasks.map(({ dependsOn }) => dependsOn)).toEqual([[], ['t1'], ['t1', 't2']]);
});

test('a slip in the verb does not hide it, and what is to be kept stays as it was typed', async () => {
  const plan = await planned('remeber: nas gets replaced in Marhc');
  expect(calls(plan)).toEqual([['memory_remember', { text: 'nas gets replaced in Marhc' }]]);
});

test('a story is set aside, and said to be', async () => {
  const plan = await planned('ok so I was cleaning up yesterday and made a mess, can you list the files in /srv/data');
  expect(calls(plan)).toEqual([['file_list', { path: '/srv/data' }]]);
  expect(plan.setAside).toEqual(['ok so I was cleaning up yesterday and made a mess']);
});

test('one plan has one hash, and another plan another', async () => {
  const [first, same, other] = await Promise.all(['undo that', 'undo that', 'undo run_01k9x2'].map(planned));
  expect(first!.hash).toBe(same!.hash);
  expect(first!.hash).not.toBe(other!.hash);
});

test.each([
  ['pause the disk job', 'cron_pause', 'disk'],
  ['resume the disk job', 'cron_resume', 'disk'],
  ['remove the disk check job', 'cron_remove', 'disk check'],
  ['cancel the oven reminder', 'cron_remove', 'oven'],
  ['when does the disk job run next', 'cron_show', 'disk'],
  ['pause job_01k9x2', 'cron_pause', 'job_01k9x2'],
])('a scheduled job is known by its id or its name: %s', async (request, tool, id) => {
  const { missing, tasks } = await planned(request);
  expect(missing).toEqual([]);
  expect(tasks).toMatchObject([{ tool, input: { id } }]);
});

test('a question about a day is no wish for a job', async () => {
  expect(calls(await planned('what is on tomorrow'))).toEqual([['cron_list', {}]]);
  expect((await planned('how many files change every day')).tasks.map(({ tool }) => tool)).not.toContain('cron_add');
  expect((await planned('how full is the disk every morning')).missing).toMatchObject([{ field: 'schedule' }]);
});

test.each([
  ['which files in /srv changed today', 'file_list', { path: '/srv', changed: 'today' }],
  ['is anything listening on port 8080', 'machine_network', { port: 8080 }],
  ['what happened today', 'run_list', {}],
  ['is nginx running', 'machine_processes', { name: 'nginx' }],
  ['check if docker is running', 'machine_processes', { name: 'docker' }],
  ['forget the wifi channel', 'memory_forget', { query: 'wifi channel' }],
  ['forget what I said about the printer', 'memory_forget', { query: 'printer' }],
  ['forget everything about the old router', 'memory_forget', { query: 'old router' }],
  ['forget mem_01k9x2', 'memory_forget', { id: 'mem_01k9x2' }],
])('nothing of it is left out: %s', async (request, tool, input) => {
  const plan = await planned(request);
  expect(plan.missing).toEqual([]);
  expect(calls(plan)).toEqual([[tool, input]]);
});

test.each(['forget it', 'forget everything'])('what is to be forgotten is not guessed: %s', async (request) => {
  expect((await planned(request)).missing).not.toEqual([]);
});

test('a figure that is to be kept is looked up, not kept as words', async () => {
  expect(calls(await planned('remember the disk usage'))).toEqual([
    ['machine_status', {}],
    ['memory_remember', { text: { $from: 't1' } }],
  ]);
  expect(calls(await planned('remember that the disk usage is high'))).toEqual([['memory_remember', { text: 'the disk usage is high' }]]);
});

test.each(['systemctl status nginx', 'docker ps', 'docker restart web'])(
  'a command of systemd or Docker is one without "run": %s',
  async (request) => {
    expect(calls(await planned(request))).toEqual([['shell_run', { command: request.split(' ') }]]);
  },
);
