import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { defineTool, type Caller, type Tool } from '../../src/core/tool.ts';
import type { AuditRow } from '../../src/gate/audit/audit.ts';
import { owner, startApp, type TestApp } from '../support/app.ts';

const mcp: Caller = { kind: 'mcp', name: 'client' };
let shelf: Map<string, string>;

const base = { title: 'Demo', description: 'For tests.', examples: [] };
const key = z.object({ key: z.string() });

const put = defineTool({
  ...base,
  name: 'shelf_put',
  risk: 'write',
  input: z.object({ key: z.string(), text: z.string().default('') }),
  output: z.object({ key: z.string(), before: z.string().nullable() }),
  run: (_ctx, { key: name, text }) => {
    const before = shelf.get(name) ?? null;
    shelf.set(name, text);
    return { key: name, before };
  },
  verify: (_ctx, input) => [{ check: 'it is there', ok: shelf.get(input.key) === input.text, found: String(shelf.get(input.key)) }],
  undo: ({ key: name }, { before }) =>
    before === null ? { tool: 'shelf_drop', input: { key: name } } : { tool: 'shelf_put', input: { key: name, text: before } },
  dryRun: (_ctx, input) => [{ action: 'create', target: input.key, after: input.text }],
});
const drop = defineTool({
  ...base,
  name: 'shelf_drop',
  risk: 'destructive',
  input: key,
  output: z.object({ gone: z.boolean() }),
  run: (_ctx, input) => ({ gone: shelf.delete(input.key) }),
});
const look = defineTool({
  ...base,
  name: 'shelf_look',
  risk: 'read',
  input: key,
  output: z.object({ text: z.string() }),
  run: (_ctx, input) => ({ text: shelf.get(input.key) ?? '' }),
});
const broken = defineTool({
  ...base,
  name: 'shelf_break',
  risk: 'read',
  input: z.object({}),
  output: z.object({ n: z.number() }),
  run: () => ({ n: 'text' as unknown as number }),
});
const thrower = defineTool({
  ...base,
  name: 'shelf_throw',
  risk: 'write',
  input: z.object({}),
  output: z.object({}),
  run: () => {
    throw new Error('/etc/secret/path went wrong');
  },
});
const slow = defineTool({
  ...base,
  name: 'shelf_wait',
  risk: 'write',
  timeoutMs: 20,
  input: z.object({}),
  output: z.object({}),
  run: (ctx) => new Promise((_resolve, reject) => ctx.signal.addEventListener('abort', () => reject(new Error('cut')))),
});

const demo: Tool[] = [put, drop, look, broken, thrower, slow];
let app: TestApp;

beforeEach(async () => {
  shelf = new Map();
  const { tools } = await import('../../src/tools/index.ts');
  app = await startApp({ tools: [...tools, ...demo] });
});

const events = async (callTool: string): Promise<string[]> => {
  const { items } = await app.output<{ items: AuditRow[] }>('audit_search', { tool: callTool });
  return items.map((row) => row.event).toReversed();
};
const approvalIdOf = async (call: Promise<unknown>): Promise<string> => {
  const error = (await call.catch((thrown: unknown) => thrown)) as { code: string; approvalId: string };
  expect(error.code).toBe('approval_required');
  return error.approvalId;
};

test('a write runs, is on record before and after, and its probe shows it', async () => {
  const result = await app.call('shelf_put', { key: 'a', text: 'one' });
  expect(result).toMatchObject({ output: { key: 'a', before: null }, undoable: true });
  expect(await events('shelf_put')).toEqual(['started', 'ok']);
  const evidence = await app.gate.verify(owner, {
    tool: 'shelf_put',
    input: { key: 'a', text: 'one' },
    output: result.output,
    callId: result.callId,
  });
  expect(evidence).toEqual([{ check: 'it is there', ok: true, found: 'one' }]);
});

test.for([
  ['an unknown tool', 'shelf_burn', {}, 'unknown_tool', 'refused'],
  ['a missing field', 'shelf_look', {}, 'invalid_input', 'refused'],
  ['a misspelt field', 'shelf_put', { key: 'a', txet: 'b' }, 'invalid_input', 'refused'],
  ['an output that does not fit', 'shelf_break', {}, 'internal', 'failed'],
  ['a tool that throws', 'shelf_throw', {}, 'internal', 'failed'],
  ['a tool past its deadline', 'shelf_wait', {}, 'timeout', 'unknown'],
] as const)('%s is a clear error, and on record', async ([, name, input, code, event]) => {
  const error = (await app.call(name, input).catch((thrown: unknown) => thrown)) as { code: string; message: string; hint: string };
  expect(error).toMatchObject({ code });
  expect(error.hint).not.toBe('');
  expect(error.message).not.toContain('/etc/secret');
  expect((await events(name)).at(-1)).toBe(event);
});

test('a destructive call asks everyone, and runs once after the owner said yes to exactly it', async () => {
  shelf.set('a', 'one').set('b', 'two');
  const id = await approvalIdOf(app.gate.call(mcp, 'shelf_drop', { key: 'a' }));
  expect(shelf.has('a')).toBe(true);
  await expect(app.gate.call(mcp, 'approval_answer', { id, answer: 'approve' })).rejects.toMatchObject({ code: 'denied' });
  await app.call('approval_answer', { id, answer: 'approve' });
  await approvalIdOf(app.gate.call(mcp, 'shelf_drop', { key: 'b' }));
  await approvalIdOf(app.call('shelf_drop', { key: 'a' }));
  await expect(app.gate.call(mcp, 'shelf_drop', { key: 'a' })).resolves.toMatchObject({ output: { gone: true } });
  await approvalIdOf(app.gate.call(mcp, 'shelf_drop', { key: 'a' }));
  expect([...shelf.keys()]).toEqual(['b']);
});

test('an approval survives a restart', async () => {
  shelf.set('a', 'one');
  const id = await approvalIdOf(app.call('shelf_drop', { key: 'a' }));
  await app[Symbol.asyncDispose]();
  const { tools } = await import('../../src/tools/index.ts');
  const again = await startApp({ home: app.home, tools: [...tools, ...demo] });
  await again.call('approval_answer', { id, answer: 'approve' });
  await expect(again.call('shelf_drop', { key: 'a' })).resolves.toMatchObject({ output: { gone: true } });
});

test('a single call can be undone, and the undo is proved', async () => {
  shelf.set('a', 'one');
  const { callId } = await app.call('shelf_put', { key: 'a', text: 'two' });
  await expect(app.call('run_undo', { id: callId })).resolves.toMatchObject({ output: { status: 'done', undone: 1, total: 1 } });
  expect(shelf.get('a')).toBe('one');
  await expect(app.call('run_undo', { id: callId })).rejects.toMatchObject({ code: 'not_found' });
});

test("the owner's undo of a new thing removes it without asking", async () => {
  const { callId } = await app.call('shelf_put', { key: 'new', text: 'x' });
  await app.call('run_undo', { id: callId });
  expect(shelf.has('new')).toBe(false);
});

test('a preview says what would happen and does nothing', async () => {
  const preview = await app.gate.preview(owner, 'shelf_put', { key: 'a', text: 'one' });
  expect(preview).toMatchObject({
    verdict: 'allow',
    risk: 'write',
    undoable: true,
    changes: [{ action: 'create', target: 'a', after: 'one' }],
  });
  expect(shelf.size).toBe(0);
});

test('a read-only caller reads and cannot write', async () => {
  const reader: Caller = { ...mcp, readOnly: true };
  await expect(app.gate.call(reader, 'shelf_look', { key: 'a' })).resolves.toBeDefined();
  await expect(app.gate.call(reader, 'shelf_put', { key: 'a' })).rejects.toMatchObject({ code: 'denied' });
});

test('a large result is cut, and the whole is in the file behind its link', async () => {
  shelf.set('big', 'x'.repeat(50_000));
  const { output, link } = await app.call('shelf_look', { key: 'big' });
  expect(JSON.stringify(output).length).toBeLessThanOrEqual(10_000);
  expect(JSON.parse(readFileSync(link!.file, 'utf8'))).toEqual({ text: 'x'.repeat(50_000) });
});

test('audit.log mirrors the rows, and the chain verifies', async () => {
  await app.call('shelf_put', { key: 'a', text: 'one' });
  await expect(app.output('audit_verify')).resolves.toMatchObject({ ok: true });
  await app[Symbol.asyncDispose]();
  const lines = readFileSync(path.join(app.home, 'audit.log'), 'utf8').trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as AuditRow).seq)).toEqual(lines.map((_, index) => index + 1));
  expect(lines.some((line) => line.includes('shelf_put'))).toBe(true);
});

test('what a call stores and its audit row are one transaction', async () => {
  const id = await approvalIdOf(app.call('shelf_drop', { key: 'a' }));
  await app.call('approval_answer', { id, answer: 'deny' });
  await expect(app.call('approval_answer', { id, answer: 'approve' })).rejects.toMatchObject({ code: 'conflict' });
  expect(await events('approval_answer')).toEqual(['started', 'ok', 'started', 'failed']);
});
