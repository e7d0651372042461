import { z } from 'zod';
import { defineTool } from '../core/tool.ts';

export const statusShow = defineTool({
  name: 'status_show',
  title: 'Status of claw',
  description: 'How claw itself is: version, uptime, runs, approvals that wait, audit, memories.',
  risk: 'read',
  input: z.object({}),
  output: z.object({
    version: z.string(),
    uptimeSeconds: z.number(),
    home: z.string(),
    leader: z.boolean().describe('This process runs timers and recovery'),
    model: z.string(),
    residentBytes: z.number(),
    runs: z.record(z.string(), z.number()).describe('Open runs by status'),
    approvalsWaiting: z.number(),
    auditRows: z.number(),
    tools: z.number(),
    stopped: z
      .object({ at: z.string(), by: z.string(), reason: z.string().optional(), runs: z.number(), calls: z.number() })
      .optional()
      .describe('Set while everything is stopped'),
    warnings: z.array(z.string()).describe('What the owner should look at'),
  }),
  examples: [
    'status',
    'how are you doing',
    'are you up and running',
    'what version of claw is this',
    'is claw healthy',
    'show the state of the server itself',
    'how long has claw been running',
  ],
  run: (ctx) => ctx.status(),
  summary: ({ stopped, warnings, ...status }) =>
    [
      stopped &&
        `STOPPED since ${stopped.at} by ${stopped.by}${stopped.reason ? ` (${stopped.reason})` : ''}; claw stop --release lets calls start again.`,
      `claw ${status.version}, up ${Math.round(status.uptimeSeconds)} s, ${status.approvalsWaiting} approvals waiting, ${status.auditRows} audit rows.`,
      ...warnings.map((warning) => `Warning: ${warning}`),
    ]
      .filter(Boolean)
      .join('\n'),
});
