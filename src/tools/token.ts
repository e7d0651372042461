import { z } from 'zod';
import { isoTime } from '../core/clock.ts';
import { defineTool } from '../core/tool.ts';

export const tokenRotate = defineTool({
  name: 'token_rotate',
  title: 'Replace the access token',
  description:
    'Put a new bearer token into the file "token" of the data folder. The old one is refused from the next request on, and sessions opened with it are closed. The value is shown to nobody: read the file.',
  risk: 'write',
  only: ['owner'],
  examples: [
    'rotate the access token',
    'replace the bearer token',
    'make a new token for http clients',
    'my token leaked, change it',
    'lock out everyone who has the old token',
  ],
  input: z.strictObject({}),
  output: z.object({ rotatedAt: z.string(), file: z.string().describe('Where the new one is, in the data folder') }),
  dryRun: () => [{ action: 'update', target: 'token', after: 'a new random value; clients need it from then on' }],
  run: (ctx) => {
    ctx.token.rotate();
    return { rotatedAt: isoTime(ctx.token.state()?.writtenAt ?? 0), file: 'token' };
  },
  verify: (ctx, _input, { rotatedAt }) => {
    const { writtenAt, mode } = ctx.token.state() ?? { writtenAt: 0, mode: 0 };
    return [
      { check: 'the file was written then, or later', ok: writtenAt >= Date.parse(rotatedAt), found: isoTime(writtenAt) },
      { check: 'only its owner can read it', ok: mode === 0o600, found: `mode ${mode.toString(8)}` },
    ];
  },
  summary: () => 'The token was replaced; the old one is refused from now on. The new one is in the file "token" of the data folder.',
});
