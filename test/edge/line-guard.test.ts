import { PassThrough } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { guardLines } from '../../src/server/mcp/line-guard.ts';
import { checkMessage } from '../../src/server/mcp/message-guard.ts';

const malformed = Buffer.from('{"jsonrpc":"1.0","id":1}\n');

test('a client that sends without reading is not read from until it reads', async () => {
  const [input, output] = [new PassThrough(), new PassThrough({ highWaterMark: 16_384 })];
  guardLines(input, output).resume();
  let accepted = 0;
  for (let count = 0; count < 200_000 && ((accepted += 1), input.write(malformed)); count += 1) if (count % 100 === 0) await wait(1);
  expect(accepted * malformed.length).toBeLessThan(1_048_576);
  expect(output.readableLength + output.writableLength).toBeLessThan(1_048_576);
  output.resume();
  await new Promise((resolve) => input.once('drain', resolve));
});

test('what is sound passes unchanged, whatever pieces it arrives in', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const passed: string[] = [];
  guardLines(input, output).on('data', (line: Buffer) => passed.push(line.toString('utf8')));
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'x', arguments: { text: 'grün 🙂 "{[\\' } } };
  for (const byte of Buffer.from(`${JSON.stringify(message)}\r\n\n  \n`)) input.write(Buffer.from([byte]));
  await wait(20);
  expect(passed.map((line) => JSON.parse(line) as unknown)).toEqual([message]);
  expect(output.readableLength).toBe(0);
});

test('an answer that is too deep is not answered with its id: that is one of ours', () => {
  const deep = `{"jsonrpc":"2.0","id":1,"result":{"a":${'['.repeat(100)}${']'.repeat(100)}}}`;
  expect(checkMessage(Buffer.from(deep)).fault).toMatchObject({ id: null });
});

test('a string that looks like structure counts for nothing', () => {
  const text = JSON.stringify({ jsonrpc: '2.0', id: 5, method: 'ping', params: { a: `${'['.repeat(1_000)}"{\\"id\\":9}` } });
  expect(checkMessage(Buffer.from(text)).message).toMatchObject({ id: 5 });
});
