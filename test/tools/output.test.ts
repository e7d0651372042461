import { expect, test } from 'vitest';
import { z } from 'zod';
import type { OutputPage } from '../../src/engines/output/output.ts';
import { defineTool, type Tool } from '../../src/core/tool.ts';
import { tools } from '../../src/tools/index.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { connectLines } from '../support/mcp-lines.ts';

// Characters of one to four bytes, quotes and line ends: whatever a page may be cut at.
const long = 'aé€😀"\n\u0001'.repeat(20_000);
const speaker = (text: string): Tool =>
  defineTool({
    name: 'speech_make',
    title: 'Make a speech',
    description: 'Say a lot.',
    risk: 'read',
    input: z.object({}),
    output: z.object({ text: z.string() }),
    examples: ['make a speech', 'talk at length', 'say a lot', 'speak', 'give a speech'],
    run: () => ({ text }),
  });

async function spoken(text = long): Promise<{ app: TestApp; callId: string }> {
  const app = await startApp({ tools: [...tools, speaker(text)] });
  const { callId, link } = await app.call('speech_make', {});
  expect(link?.uri).toBe(`claw://outputs/${callId}`);
  return { app, callId };
}

async function pagesOf(app: TestApp, callId: string): Promise<string[]> {
  const pages: string[] = [];
  for (let offset: number | undefined = 0; offset !== undefined && pages.length < 1_000;) {
    const page: OutputPage = await app.output('output_read', { callId, offset });
    pages.push(page.text);
    offset = page.nextOffset;
  }
  return pages;
}

const allOf = async (app: TestApp, callId: string): Promise<string> => (await pagesOf(app, callId)).join('');

test('a long output is read page by page, and the pages together are all of it', async () => {
  const { app, callId } = await spoken();
  const pages = await pagesOf(app, callId);
  expect(JSON.parse(pages.join(''))).toEqual({ text: long });
  expect(pages.length).toBeGreaterThan(10);
  expect(pages.every((page) => !page.includes('\ufffd'))).toBe(true);
});

test('reading it as a resource is on record like any other call, and goes on where it ended', async () => {
  const { app, callId } = await spoken();
  const client = connectLines(app);
  let text = '';
  for (let uri: string | undefined = `claw://outputs/${callId}`; uri !== undefined;) {
    const { result } = await client.ask('resources/read', { uri });
    const [content] = result!.contents as { text: string }[];
    const more = /\n… \[more in (\S+)\]$/.exec(content!.text);
    text += more ? content!.text.slice(0, more.index) : content!.text;
    uri = more?.[1];
  }
  expect(JSON.parse(text)).toEqual({ text: long });
  const { items } = await app.output<{ items: object[] }>('audit_search', { tool: 'output_read', caller: 'mcp' });
  expect(items.length).toBeGreaterThan(2);
});

test('a secret that became known since is taken out, also where it lies across two pages', async () => {
  const secret = 'canary-7f3a91c2-across-two-pages';
  const { app, callId } = await spoken(`${'x'.repeat(7_975)}${secret}${'y'.repeat(20_000)}`);
  expect(await allOf(app, callId)).toContain(secret);
  app.redactor.add(secret);
  const after = await allOf(app, callId);
  expect(after).not.toContain(secret);
  expect(after).toContain('[REDACTED');
});

test('an output that is not there, or not so long, is an error that says so', async () => {
  const { app, callId } = await spoken();
  await expect(app.call('output_read', { callId: 'call_0' })).rejects.toMatchObject({ code: 'not_found' });
  await expect(app.call('output_read', { callId: '../token' })).rejects.toMatchObject({ code: 'invalid_input' });
  await expect(app.call('output_read', { callId, offset: 10_000_000 })).rejects.toMatchObject({ code: 'invalid_input' });
  const { error } = await connectLines(app).ask('resources/read', { uri: 'claw://outputs/call_0' });
  expect(error).toMatchObject({ message: expect.stringContaining('claw://outputs/call_0') as string });
});
