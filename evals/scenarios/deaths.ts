import type { Scenario } from '../scenario.ts';

const area = 'events';
const line = (text: string): { tool: string; input: Record<string, unknown> } => ({
  tool: 'file_write',
  input: { path: '<home>/log.txt', text, mode: 'line' },
});

/** kill -9 in the middle of a run. */
export const deaths: Scenario[] = [
  {
    name: 'killed while it reads: the next process reads again',
    area,
    world: { files: { 'a.txt': 'one\n' } },
    request: 'read <home>/a.txt',
    kill: { at: 'file_read', when: 'after' },
    expect: { calls: ['file_read'] },
    plays: [{ tool: 'file_read', input: { path: '<home>/a.txt' } }],
  },
  {
    name: 'killed after a step that was recorded: it is not made again',
    area,
    world: { files: { 'log.txt': '' }, pages: { '/status': 'fine' } },
    request: 'add "one" to the end of <home>/log.txt and then fetch <web>/status',
    kill: { at: 'http_request', when: 'before' },
    expect: { calls: ['file_write', 'http_request'], files: { 'log.txt': /^\n?one\n$/ } },
    plays: [line('one'), { tool: 'http_request', input: { url: '<web>/status' } }],
  },
  {
    name: 'killed between an effect and its record: it is not made twice, and nobody claims to know',
    area,
    world: { files: { 'log.txt': '' } },
    request: 'add "one" to the end of <home>/log.txt',
    kill: { at: 'file_write', when: 'after' },
    expect: { status: ['done', 'unknown', 'unverified'], free: ['file_write'], files: { 'log.txt': /^\n?one\n$/ } },
    plays: [line('one')],
  },
  {
    name: 'killed before an effect: no success without it',
    area,
    request: 'write "x" to <home>/a.txt',
    kill: { at: 'file_write', when: 'before' },
    expect: { status: ['done', 'unknown', 'unverified', 'failed'], free: ['file_write'] },
    plays: [{ tool: 'file_write', input: { path: '<home>/a.txt', text: 'x' } }],
    judge: ({ statuses, files }) => (statuses[0] === 'done' && files['a.txt'] !== 'x' ? ['it is done, and nothing is written'] : []),
  },
];
