import { z } from 'zod';
import { useBy } from '../core/secret.ts';
import { defineTool } from '../core/tool.ts';

const health = z.object({
  host: z.string(),
  status: z.enum(['ok', 'failed', 'unreachable', 'refused', 'unknown', 'timeout', 'not begun']),
  pingMs: z.number().optional().describe('Until its port answered'),
  sshMs: z.number().optional(),
  uptimeSeconds: z.number().optional(),
  load: z.array(z.number()).optional().describe('Over 1, 5 and 15 minutes'),
  cpus: z.number().optional(),
  memory: z.object({ totalBytes: z.number(), availableBytes: z.number() }).optional(),
  disks: z.array(z.object({ mount: z.string(), sizeBytes: z.number(), freeBytes: z.number(), usedPercent: z.number() })).optional(),
  error: z.string().optional(),
});

const gigabytes = (bytes: number): string => `${(bytes / 1_000_000_000).toFixed(1)} GB`;

export const sshHealth = defineTool({
  name: 'ssh_health',
  title: 'Look at other machines',
  description: 'Whether hosts of hosts.yaml answer, let one in, and how they are: load, memory, disks. All of them by default.',
  risk: 'read',
  effects: { readsPrivate: true },
  openWorld: true,
  timeoutMs: 120_000,
  input: z.object({ host: z.string().min(1).max(2_000).optional().describe('Alias, group or tag; several with commas') }),
  output: z.object({ ok: z.boolean().describe('Every host answered'), items: z.array(health) }),
  slots: { host: 'target' },
  examples: [
    'are all servers up',
    'check the health of the remote hosts',
    'how is the host nas doing',
    'is the server web1 reachable over ssh',
    'how full are the disks of all hosts',
    'load and memory of the servers in the group docker',
    'ping my machines',
  ],
  run: async (ctx, { host }) => {
    const names = host
      ?.split(',')
      .map((name) => name.trim())
      .filter(Boolean);
    const items = await ctx.ssh.health(names, { use: useBy('ssh_health', ctx), signal: ctx.signal });
    return { ok: items.every(({ status }) => status === 'ok'), items };
  },
  summary: ({ items }) =>
    items.length === 0
      ? 'No host is known: ssh_host_add adds one.'
      : items
          .map(({ host, status, load, memory, disks = [], error }) =>
            status === 'ok'
              ? [
                  `${host}: ok`,
                  load && `load ${load.join(' ')}`,
                  memory && `${gigabytes(memory.availableBytes)} of ${gigabytes(memory.totalBytes)} memory free`,
                  ...disks.map(({ mount, usedPercent, freeBytes }) => `${mount} ${usedPercent} % full (${gigabytes(freeBytes)} free)`),
                ]
                  .filter(Boolean)
                  .join(', ')
              : `${host}: ${status}. ${error ?? ''}`.trim(),
          )
          .join('\n'),
});
