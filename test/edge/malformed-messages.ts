import { randomOf, type Random } from './random.ts';

/** One line that a client might send, and what it must come to. Expected by how it was made, not by a second guard. */
export interface Malformed {
  /** How it was made, for a failure that can be read. */
  kind: string;
  bytes: Buffer;
  /** Undefined where nobody is answered; `result` where it is sound after all. */
  answer?: { id: string | number | null; code: number | 'result' };
}

const parse = -32_700;
const request = -32_600;
const method = -32_601;
const params = -32_602;

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const noObject = [null, 0, -1.5, '', 'params', true, false, [], [1, 2], [{}]];
const noString = [null, 0, 1.5, true, {}, [], ['ping']];
const illegalIds = [null, 1.5, true, false, {}, [], [1], { id: 1 }, 2 ** 53, -(2 ** 60), 'x'.repeat(1_025), 'y'.repeat(200_000)];
const strangeMethods = [
  '',
  ' ',
  'nope',
  'tools',
  'tools/',
  'tools/List',
  'TOOLS/CALL',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'rpc.discover',
  'tools/call\u0000',
  '\u202etools/list',
  'é'.repeat(50),
  'm'.repeat(10_000),
  '../tools/list',
  'logging/setLevel',
  'sampling/createMessage',
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  'elicitation/create',
  'roots/list',
  'tasks/list',
];
/** Calls of methods that exist, with params that do not fit. */
const wrongParams: [string, unknown][] = [
  ['tools/call', {}],
  ['tools/call', { name: 7 }],
  ['tools/call', { name: null }],
  ['tools/call', { name: 'status_show', arguments: 'x' }],
  ['tools/call', { name: 'status_show', arguments: [] }],
  ['tools/call', undefined],
  ['tools/list', { cursor: 7 }],
  ['resources/read', {}],
  ['resources/read', { uri: 7 }],
  ['resources/read', undefined],
  ['resources/read', { uri: 'claw://nothing/here' }],
  ['resources/read', { uri: 'file:///etc/passwd' }],
  ['resources/read', { uri: 'claw://outputs/..%2f..%2ftoken' }],
  ['resources/read', { uri: 'claw://audit/NaN' }],
  ['resources/read', { uri: '\u0000' }],
  ['prompts/get', {}],
  ['prompts/get', { name: 'none' }],
  ['prompts/get', { name: '__proto__' }],
  ['prompts/get', { name: 'machine-report', arguments: { focus: 3 } }],
  ['completion/complete', {}],
  ['completion/complete', { ref: { type: 'ref/none' }, argument: { name: 'a', value: 'b' } }],
  ['completion/complete', { ref: { type: 'ref/prompt', name: 'x' } }],
  ['resources/subscribe', {}],
];
/** Tools called in ways that nobody means; each is a result that says what is wrong, or a sound one. */
const oddCalls: [string, unknown][] = [
  ['', {}],
  ['no_such_tool', {}],
  ['__proto__', {}],
  ['constructor', { a: 1 }],
  ['status_show\u0000', {}],
  ['t'.repeat(5_000), {}],
  ['status_show', { constructor: 1, prototype: 2 }],
  ['memory_recall', { query: '\u0000' }],
  ['memory_recall', { query: '"*' }],
  ['memory_recall', { query: 'a'.repeat(100_000) }],
  ['file_read', { path: '\u0000' }],
  ['file_read', { path: '/etc/shadow' }],
  ['file_read', { path: 'x'.repeat(5_000) }],
  ['file_list', { path: '.', pattern: '../*' }],
  ['run_show', { id: '__proto__' }],
  ['tool_call', { tool: 'tool_call', input: { tool: 'tool_call', input: {} } }],
  ['tool_search', { query: '\u0000', limit: 1 }],
  ['shell_run', { command: ['\u0000'] }],
  ['http_request', { url: 'http://\u0000' }],
  ['run_wait', { id: 'run_0' }],
  ['token_rotate', {}],
  ['approval_answer', { id: 'apr_0', answer: 'approve' }],
];

/** The id of a sound request: each kind that JSON-RPC and MCP allow, none of them twice. */
function legalId(random: Random, index: number): string | number {
  const made = [index, -index, `id-${index}`, `é\u0000"\\\n-${index}`, `${index}-`.padEnd(1_024, 'i'), `__proto__${index}`];
  return random.pick(made.slice(index === 0 ? 2 : 0));
}

function deep(levels: number, random: Random): string {
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ] as const);
  return `${open.repeat(levels)}${open === '[' ? '' : '1'}${close.repeat(levels)}`;
}

type Maker = (id: string | number, random: Random) => Omit<Malformed, 'kind'>;

const sound = (id: string | number, random: Random): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method: random.pick(['ping', 'tools/list', 'tools/call']), params: { a: [1, { b: 'é' }] } });

const makers: Record<string, Maker> = {
  'cut off': (id, random) => {
    const text = sound(id, random);
    return { bytes: Buffer.from(text.slice(0, 1 + random.below(text.length - 1))), answer: { id: null, code: parse } };
  },
  'broken in the middle': (id, random) => {
    const text = sound(id, random);
    const broken = random.pick(['\u0000', "'", '\\', '}{', '\u0001', '"']);
    return { bytes: Buffer.from(`${text.slice(0, -1)},${broken}}`), answer: { id: null, code: parse } };
  },
  'no UTF-8': (id, random) => {
    const bytes = random.pick([[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80]]);
    const text = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method: 'ping', params: { a: '@' } }));
    const at = text.lastIndexOf('@');
    return { bytes: Buffer.concat([text.subarray(0, at), Buffer.from(bytes), text.subarray(at + 1)]), answer: { id: null, code: parse } };
  },
  garbage: (_id, random) => {
    const bytes = Buffer.from(Array.from({ length: 1 + random.below(200) }, () => random.pick([0x21, 0x7f, 0x80, 0xfe, 0x5d, 0x40])));
    return { bytes, answer: { id: null, code: parse } };
  },
  'no object': (_id, random) => ({
    bytes: json(random.pick([null, 1, -0.5, 'text', true, false, ''])),
    answer: { id: null, code: request },
  }),
  batch: (id, random) => {
    const batch = Array.from({ length: random.below(4) }, () => ({ jsonrpc: '2.0', id, method: 'ping' }));
    return { bytes: json(batch), answer: { id: null, code: request } };
  },
  'wrong jsonrpc': (id, random) => {
    const jsonrpc = random.pick([undefined, null, '1.0', '2', 2, 2.0, {}, [], true, '2.0 ']);
    return { bytes: json({ jsonrpc, id, method: 'ping' }), answer: { id, code: request } };
  },
  'wrong method type': (id, random) => ({
    bytes: json({ jsonrpc: '2.0', id, method: random.pick([...noString, undefined]), params: {} }),
    answer: { id, code: request },
  }),
  'illegal id': (_id, random) => ({
    bytes: json({ jsonrpc: '2.0', id: random.pick(illegalIds), method: 'ping' }),
    answer: { id: null, code: request },
  }),
  'id too large for a number': (_id, random) => ({
    bytes: Buffer.from(`{"jsonrpc":"2.0","id":${random.pick(['1e400', '-1e999', '9007199254740993', '1e-7'])},"method":"ping"}`),
    answer: { id: null, code: request },
  }),
  'params are no object': (id, random) => ({
    bytes: json({ jsonrpc: '2.0', id, method: random.pick(['ping', 'tools/call', 'nope']), params: random.pick(noObject) }),
    answer: { id, code: params },
  }),
  'wrong _meta': (id, random) => {
    const meta = random.pick([3, 'x', [], null, { progressToken: {} }, { progressToken: null }, { progressToken: [1] }]);
    return { bytes: json({ jsonrpc: '2.0', id, method: 'tools/list', params: { _meta: meta } }), answer: { id, code: params } };
  },
  'prototype pollution': (id, random) => {
    const inner = random.pick([
      '{"__proto__":{"a":1}}',
      '{"x":[{"__proto__":null}]}',
      '{"name":"status_show","arguments":{"\\u005f_proto__":[]}}',
    ]);
    return {
      bytes: Buffer.from(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":"tools/call","params":${inner}}`),
      answer: { id, code: params },
    };
  },
  'lone surrogate': (id, random) => {
    const inner = random.pick(['{"name":"\\ud800"}', '{"a":{"\\udfff":1}}', '{"name":"file_read","arguments":{"path":"x\\uDC00y"}}']);
    return {
      bytes: Buffer.from(`{"jsonrpc":"2.0","method":"tools/call","params":${inner},"id":${JSON.stringify(id)}}`),
      answer: { id, code: params },
    };
  },
  'deep nesting': (id, random) => {
    const inner = deep(random.pick([64, 65, 100, 1_000, 20_000]), random);
    const members = [`"jsonrpc":"2.0"`, `"id":${JSON.stringify(id)}`, `"method":"ping"`, `"params":{"a":${inner}}`];
    return {
      bytes: Buffer.from(`{${random.below(2) === 0 ? members.join() : members.toReversed().join()}}`),
      answer: { id, code: request },
    };
  },
  'unknown method': (id, random) => ({
    bytes: json({ jsonrpc: '2.0', id, method: random.pick(strangeMethods), params: random.pick([undefined, {}, { a: 1 }]) }),
    answer: { id, code: method },
  }),
  'params that do not fit': (id, random) => {
    const [name, value] = random.pick(wrongParams);
    return { bytes: json({ jsonrpc: '2.0', id, method: name, params: value }), answer: { id, code: params } };
  },
  'odd call': (id, random) => {
    const [name, input] = random.pick(oddCalls);
    return {
      bytes: json({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: input } }),
      answer: { id, code: 'result' },
    };
  },
  'duplicate keys': (id, random) => ({
    bytes: Buffer.from(
      `{"jsonrpc":"1.0","id":"first","method":${random.pick(['7', '"nope"'])},"jsonrpc":"2.0","method":"ping","params":{},"params":{},"id":${JSON.stringify(id)}}`,
    ),
    answer: { id, code: 'result' },
  }),
  'strangers beside the members': (id) => ({
    bytes: json({ jsonrpc: '2.0', id, method: 'ping', constructor: 1, extra: { a: [] } }),
    answer: { id, code: 'result' },
  }),
  'a notification, sound or not': (_id, random) => ({
    bytes: json({
      jsonrpc: '2.0',
      method: random.pick([...strangeMethods, 'tools/list', 'ping']),
      params: random.pick([undefined, {}, ...noObject]),
    }),
  }),
  'a response nobody asked for': (id, random) => {
    const body = random.pick([
      { result: {} },
      { error: { code: -1, message: 'no' } },
      { result: 1 },
      { error: 'x' },
      { result: {}, error: {} },
    ]);
    return { bytes: json({ jsonrpc: '2.0', id: random.pick([id, null, {}, undefined]), ...body }) };
  },
};

/** `count` messages of every kind in turn. Each id is used once. */
export function malformedMessages(seed: number, count: number): Malformed[] {
  const random = randomOf(seed);
  const kinds = Object.entries(makers);
  return Array.from({ length: count }, (_, index) => {
    const [kind, make] = kinds[index % kinds.length]!;
    return { kind, ...make(legalId(random, index + 1), random) };
  });
}

/** Longer than any line that is kept; the id comes last, as the official clients write it. */
export const hugeMessage = (id: string, mebibytes: number): Malformed => ({
  kind: 'a huge line',
  bytes: Buffer.from(JSON.stringify({ method: 'tools/call', params: { name: 'x'.repeat(mebibytes * 1_048_576) }, jsonrpc: '2.0', id })),
  answer: { id, code: request },
});
