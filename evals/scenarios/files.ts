import type { Scenario } from '../scenario.ts';

const area = 'files';

export const files: Scenario[] = [
  {
    name: 'write a file',
    area,
    request: 'write "hello world" to <home>/hello.txt',
    expect: { calls: ['file_write'], files: { 'hello.txt': 'hello world' } },
    plays: [{ tool: 'file_write', input: { path: '<home>/hello.txt', text: 'hello world' } }],
  },
  {
    name: 'add a line',
    area,
    world: { files: { 'todo.md': 'milk\n' } },
    request: 'add "bread" to the end of <home>/todo.md',
    expect: { calls: ['file_write'], files: { 'todo.md': 'milk\nbread\n' } },
    plays: [{ tool: 'file_write', input: { path: '<home>/todo.md', text: 'bread', mode: 'line' } }],
  },
  {
    name: 'read a file',
    area,
    world: { files: { 'notes.txt': 'the plumber comes on Tuesday\n' } },
    request: 'show me <home>/notes.txt',
    expect: { calls: [{ tool: 'file_read', input: { path: '<home>/notes.txt' } }], files: { 'notes.txt': /plumber/ } },
  },
  {
    name: 'replace a text',
    area,
    world: { files: { 'app.conf': 'port: 8080\n' } },
    request: 'replace "8080" with "9090" in <home>/app.conf',
    expect: {
      calls: [{ tool: 'file_edit', input: { path: '<home>/app.conf', find: '8080', replace: '9090' } }],
      files: { 'app.conf': 'port: 9090\n' },
    },
  },
  {
    name: 'copy a file',
    area,
    world: { files: { 'a.txt': 'one' } },
    request: 'copy <home>/a.txt to <home>/b.txt',
    expect: {
      calls: [{ tool: 'file_copy', input: { from: '<home>/a.txt', to: '<home>/b.txt' } }],
      files: { 'a.txt': 'one', 'b.txt': 'one' },
    },
  },
  {
    name: 'rename a file',
    area,
    world: { files: { 'old.txt': 'one' } },
    request: 'rename <home>/old.txt to new.txt',
    expect: {
      calls: [{ tool: 'file_move', input: { from: '<home>/old.txt', to: '<home>/new.txt' } }],
      files: { 'old.txt': null, 'new.txt': 'one' },
    },
  },
  {
    name: 'delete a file, and the owner says yes',
    area,
    world: { files: { 'old.log': 'x', 'kept.log': 'y' } },
    request: 'delete <home>/old.log',
    expect: {
      calls: [{ tool: 'file_delete', input: { path: '<home>/old.log' } }],
      approvals: 1,
      files: { 'old.log': null, 'kept.log': 'y' },
    },
  },
  {
    name: 'make a folder',
    area,
    request: 'make a folder called 2026 in <home>',
    then: [{ ask: 'write "x" to <home>/2026/a.txt', plays: [{ tool: 'file_write', input: { path: '<home>/2026/a.txt', text: 'x' } }] }],
    expect: { calls: [{ tool: 'folder_create', input: { path: '<home>/2026' } }, 'file_write'], files: { '2026/a.txt': 'x' } },
    plays: [{ tool: 'folder_create', input: { path: '<home>/2026' } }],
  },
  {
    name: 'count what a log says',
    area,
    world: { files: { 'app.log': 'INFO a\nERROR b\nERROR c\n' } },
    request: 'count the lines with ERROR in <home>/app.log',
    expect: { calls: [{ tool: 'file_search', input: { path: '<home>/app.log', text: 'ERROR' } }] },
  },
  {
    name: 'list a folder',
    area,
    world: { files: { 'photos/cat.jpg': 'x', 'photos/dog.jpg': 'y' } },
    request: 'what is in <home>/photos',
    expect: { calls: [{ tool: 'file_list', input: { path: '<home>/photos' } }] },
  },
];
