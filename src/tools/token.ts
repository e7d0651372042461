import { z } from 'zod';
import { isoTime } from '../core/clock.ts';
import { defineTool } from '../core/tool.ts';

const holders = ['client', 'owner'] as const;
const files = { client: 'token', owner: 'owner-token' } as const;

export const tokenRotate = defineTool({
  name: 'token_rotate',
  title: 'Replace the access tokens',
  description:
    'Put new bearer tokens into the files "token" (for MCP clients) and "owner-token" (speaks for the owner over /api) of the data folder. The old ones are refused from the next request on, and MCP sessions are closed. The values are shown to nobody: read the files.',
  risk: 'write',
  only: ['owner'],
  examples: [
    'rotate the access token',
    'replace the bearer token',
    'make a new token for http clients',
    'my token leaked, change it',
    'lock out everyone who has the old token',
  ],
  input: z.strictObject({
    which: z
      .enum([...holders, 'both'])
      .default('both')
      .describe('Whose token'),
  }),
  output: z.object({
    rotatedAt: z.string(),
    files: z.array(z.enum(['token', 'owner-token'])).describe('Where the new ones are, in the data folder'),
  }),
  words: { which: { owner: ['owner'], client: ['client', 'clients', 'mcp'] } },
  dryRun: (_ctx, { which }) =>
    chosen(which).map((holder) => ({ action: 'update', target: files[holder], after: 'a new random value, needed from then on' })),
  run: (ctx, { which }) => {
    const changed = chosen(which);
    for (const holder of changed) ctx.tokens[holder].rotate();
    const writtenAt = Math.min(...changed.map((holder) => ctx.tokens[holder].state()?.writtenAt ?? 0));
    return { rotatedAt: isoTime(writtenAt), files: changed.map((holder) => files[holder]) };
  },
  verify: (ctx, { which }, { rotatedAt }) =>
    chosen(which).flatMap((holder) => {
      const { writtenAt, mode } = ctx.tokens[holder].state() ?? { writtenAt: 0, mode: 0 };
      const file = files[holder];
      return [
        { check: `the file ${file} was written then, or later`, ok: writtenAt >= Date.parse(rotatedAt), found: isoTime(writtenAt) },
        { check: `only its owner can read ${file}`, ok: mode === 0o600, found: `mode ${mode.toString(8)}` },
      ];
    }),
  summary: ({ files: changed }) => `Replaced in the data folder: ${changed.join(', ')}. What they were is refused from now on.`,
});

const chosen = (which: 'client' | 'owner' | 'both'): ('client' | 'owner')[] => (which === 'both' ? [...holders] : [which]);
