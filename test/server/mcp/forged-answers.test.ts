import { createHmac } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createRequestStateCodec } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import { canonicalJson, sha256 } from '../../../src/core/json.ts';
import { startApp } from '../../support/app.ts';
import { connectLines, modernMeta } from '../../support/mcp-lines.ts';

const asks = { ...modernMeta, 'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } } };
const yes = { approval: { action: 'accept', content: { answer: 'approve' } } };
const status = { name: 'status_show', arguments: {} };

test('a client does not make up a question that it then answers for the owner, although it holds the token', async () => {
  const app = await startApp();
  const file = path.join(app.files, 'a.txt');
  writeFileSync(file, 'one');
  const { approvalId } = await app.output<{ approvalId: string }>('intake_run', { request: `delete ${file}` });
  const client = connectLines(app);

  const key = createHmac('sha256', app.token.current()).update('mcp request state').digest();
  const codec = createRequestStateCodec<object>({ key, ttlSeconds: 600, bind: () => 'tools/call' });
  const call = sha256(canonicalJson({ name: status.name, args: status.arguments }));
  const requestState = await codec.mint({ approvalId, call }, {} as never);
  await client.ask('tools/call', { ...status, requestState, inputResponses: yes }, asks);

  await app.settled();
  expect(await app.output('approval_show', { id: approvalId })).toMatchObject({ status: 'waiting' });
  expect(existsSync(file)).toBe(true);
});

test('nor does it answer a question of its own with the state of another, or of another call', async () => {
  const app = await startApp();
  const names = ['a.txt', 'b.txt'].map((name) => path.join(app.files, name));
  for (const file of names) writeFileSync(file, 'one');
  const client = connectLines(app, { toolsets: ['all'] });
  const [first, second] = names.map((file) => ({ name: 'file_delete', arguments: { path: file } }));
  const { result } = await client.ask('tools/call', first, asks);
  const requestState = result!.requestState;
  expect(requestState).toBeTypeOf('string');
  await client.ask('tools/call', { ...second, requestState, inputResponses: yes }, asks);
  expect(names.map((file) => existsSync(file))).toEqual([true, true]);
  await client.ask('tools/call', { ...first, requestState, inputResponses: yes }, asks);
  expect(names.map((file) => existsSync(file))).toEqual([false, true]);
});
