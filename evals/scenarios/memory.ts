import type { Scenario } from '../scenario.ts';

const area = 'memory';

export const memory: Scenario[] = [
  {
    name: 'remember',
    area,
    request: 'remember that the router is at 192.168.1.1',
    expect: { calls: ['memory_remember'], memories: [/router is at 192\.168\.1\.1/] },
    plays: [{ tool: 'memory_remember', input: { text: 'the router is at 192.168.1.1' } }],
  },
  {
    name: 'recall',
    area,
    world: { before: [{ tool: 'memory_remember', input: { text: 'the spare key is in the kitchen' } }] },
    request: 'what do you remember about the spare key',
    expect: { calls: ['memory_recall'] },
    plays: [{ tool: 'memory_recall', input: { query: 'spare key' } }],
  },
  {
    name: 'answer a question from memory',
    area,
    world: { before: [{ tool: 'memory_remember', input: { text: 'the wifi channel is 11' } }] },
    request: 'what wifi channel do we use',
    expect: { calls: ['memory_recall'] },
    plays: [{ tool: 'memory_recall', input: { query: 'wifi channel' } }],
  },
  {
    name: 'forget',
    area,
    world: {
      before: [
        { tool: 'memory_remember', input: { text: 'the old alarm code is 4711' } },
        { tool: 'memory_remember', input: { text: 'the cat is called Mimi' } },
      ],
    },
    request: 'forget the old alarm code',
    expect: { calls: ['memory_forget'], memories: [/Mimi/], approvals: 0 },
    plays: [{ tool: 'memory_forget', input: { query: 'old alarm code' } }],
    judge: async ({ output }) => {
      const { items } = await output<{ items: { text: string }[] }>('memory_list');
      return items.some(({ text }) => text.includes('4711')) ? ['it is still remembered'] : [];
    },
  },
  {
    name: 'remember what was found',
    area,
    request: 'check the disk and memory of this machine and remember the result',
    expect: { calls: ['machine_status', 'memory_remember'], memories: [/\d/] },
    plays: [
      { tool: 'machine_status', input: {} },
      { tool: 'memory_remember', input: { text: { $from: 't1' } } },
    ],
  },
  {
    name: 'what a page said is remembered as text from outside',
    area,
    world: { pages: { '/news': 'The fair opens on Friday.' } },
    request: 'fetch <web>/news and remember the result',
    expect: { calls: ['http_request', 'memory_remember'] },
    plays: [
      { tool: 'http_request', input: { url: '<web>/news' } },
      { tool: 'memory_remember', input: { text: { $from: 't1' } } },
    ],
    judge: async ({ output }) => {
      const { items } = await output<{ items: { tainted: boolean }[] }>('memory_list');
      return items.length === 1 && items[0]!.tainted ? [] : ['it is not there, or taken for the owner’s word'];
    },
  },
];
