import path from 'node:path';
import type { ServerContext } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import { readPromptBook } from '../../../src/server/mcp/prompts.ts';
import { root } from '../../support/processes.ts';

const book = readPromptBook(path.join(root, 'prompts', 'mcp'), { read: async () => undefined });
const asked = { ctx: {} as ServerContext, reader: { caller: { kind: 'mcp' as const }, session: 'prompts' } };
const textOf = async (name: string, args: Record<string, string>): Promise<string> => JSON.stringify(await book.get(name, args, asked));

test('a prompt without an argument that it needs is refused, naming the argument', async () => {
  for (const args of [{}, { request: ' ' }] as Record<string, string>[])
    await expect(book.get('plan-then-run', args, asked)).rejects.toMatchObject({
      code: -32_602,
      message: expect.stringContaining('argument request') as string,
    });
});

test('an argument that is given stands in the text, and one that may be left out leaves no hole', async () => {
  expect(await textOf('plan-then-run', { request: 'check {{request}}' })).toContain('check {{request}}');
  expect(await textOf('machine-report', { focus: 'disks' })).toContain('Look most closely at: disks');
  expect(await textOf('machine-report', {})).not.toContain('Look most closely');
});
