import { z } from 'zod';
import { defineTool } from '../core/tool.ts';

export const outputRead = defineTool({
  name: 'output_read',
  title: 'Read a long output',
  description: 'Read an output that was too long for its result, page by page, by the id of the call that made it.',
  risk: 'read',
  // Nobody knows any more what the call had read.
  effects: { readsPrivate: true, readsUntrusted: true },
  input: z.object({
    callId: z
      .string()
      .regex(/^call_\w{1,40}$/)
      .describe('call_…, as in the link of the result'),
    offset: z.number().int().min(0).max(1_000_000_000_000).default(0).describe('Bytes; nextOffset of the page before'),
  }),
  output: z.object({
    callId: z.string(),
    text: z.string(),
    format: z.enum(['json', 'text']),
    offset: z.number(),
    bytes: z.number().describe('Of all of it'),
    nextOffset: z.number().optional().describe('Where the rest begins'),
  }),
  slots: { callId: 'id', offset: 'number' },
  examples: [
    'read the whole output of call_01k9x2',
    'show all of the output of call_01k9x2',
    'the rest of the long output of call_01k9x2',
    'what did call_01k9x2 print, in full',
    'open the output that was cut in call_01k9x2',
  ],
  run: async (ctx, { callId, offset }) => ({ callId, ...(await ctx.output.read(callId, offset)) }),
  content: ({ text }) => text,
  summary: ({ callId, text, bytes, nextOffset }) =>
    nextOffset === undefined ? text : `${text}\n… [${bytes - nextOffset} more bytes: claw output read ${callId} --offset ${nextOffset}]`,
});
