import { z } from 'zod';
import { offsetAfter, offsetOf, page, pageOf, paging } from '../core/paging.ts';
import { defineTool } from '../core/tool.ts';

const parts = ['os', 'cpu', 'memory', 'disks', 'temperature'] as const;

const gib = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;

export const machineStatus = defineTool({
  name: 'machine_status',
  title: 'State of this machine',
  description: 'Disks, memory, CPU load, uptime, OS and temperature of the machine claw runs on.',
  risk: 'read',
  input: z.object({
    parts: z
      .array(z.enum(parts))
      .min(1)
      .default([...parts])
      .describe('Which; all by default'),
  }),
  output: z.object({
    hostname: z.string().optional(),
    os: z.object({ platform: z.string(), name: z.string(), kernel: z.string(), uptimeSeconds: z.number() }).optional(),
    cpu: z.object({ model: z.string(), cores: z.number(), loadAverage1m: z.number(), usedPercent: z.number() }).optional(),
    memory: z
      .object({
        totalBytes: z.number(),
        usedBytes: z.number(),
        availableBytes: z.number(),
        usedPercent: z.number(),
        swapTotalBytes: z.number(),
        swapUsedBytes: z.number(),
      })
      .optional(),
    disks: z
      .array(
        z.object({
          mount: z.string(),
          device: z.string(),
          type: z.string(),
          sizeBytes: z.number(),
          usedBytes: z.number(),
          availableBytes: z.number(),
          usedPercent: z.number(),
        }),
      )
      .optional(),
    temperature: z.object({ mainCelsius: z.number().nullable() }).optional(),
    warnings: z.array(z.string()),
  }),
  examples: [
    'check the disk and memory of this machine',
    'how much disk space is left',
    'how much free memory do I have',
    'is the cpu busy',
    'what is the load on this box',
    'how long has this server been up',
    'uptime',
    'show me the machine status',
    'which operating system and kernel version is this',
    'how hot is the cpu',
    'is the disk full',
    'how is this computer doing',
    'check ram usage',
    'look at storage usage on the host',
    'system health check',
    'free space on /',
  ],
  run: (ctx, input) => ctx.machine.status(input.parts),
  summary: ({ hostname, os, cpu, memory, disks = [], temperature, warnings }) =>
    [
      os && `${hostname ?? 'This machine'} (${os.name}), up ${(os.uptimeSeconds / 3600).toFixed(1)} h.`,
      cpu && `CPU ${cpu.usedPercent} % of ${cpu.cores} cores, load ${cpu.loadAverage1m}.`,
      memory && `Memory ${gib(memory.usedBytes)} of ${gib(memory.totalBytes)} used (${memory.usedPercent} %).`,
      ...disks.map((disk) => `Disk ${disk.mount} ${gib(disk.usedBytes)} of ${gib(disk.sizeBytes)} used (${disk.usedPercent} %).`),
      temperature && temperature.mainCelsius !== null && `${temperature.mainCelsius} °C.`,
      ...warnings,
    ]
      .filter(Boolean)
      .join(' '),
});

export const machineProcesses = defineTool({
  name: 'machine_processes',
  title: 'Running processes',
  description: 'The processes of this machine that use most CPU or memory, optionally by name.',
  risk: 'read',
  effects: { readsPrivate: true },
  input: z.object({
    sortBy: z.enum(['cpu', 'memory']).default('cpu'),
    name: z.string().max(200).optional().describe('Part of the name'),
    ...paging,
  }),
  output: pageOf(
    z.object({
      pid: z.number(),
      name: z.string(),
      user: z.string(),
      cpuPercent: z.number(),
      memoryPercent: z.number(),
      residentBytes: z.number(),
      startedAt: z.string(),
    }),
  ).extend({ total: z.number().describe('Processes on the machine') }),
  slots: { limit: 'number', name: 'program' },
  words: { sortBy: { memory: ['memory', 'ram', 'mem'], cpu: ['cpu', 'processor'] } },
  examples: [
    'show running processes',
    'which processes use the most memory',
    'what is eating all my memory right now',
    'top 5 processes by cpu',
    "what's using the cpu",
    'list processes',
    'is a process called "nginx" running',
    'is nginx running',
    'check if docker is running',
    'ps',
    'what programs are running on this machine',
    'which program hogs the ram',
  ],
  cursorAfter: offsetAfter,
  run: async (ctx, { sortBy, name, limit, cursor }) => {
    const { items, total } = await ctx.machine.processes({ sortBy, name });
    return { ...page(items.slice(offsetOf(cursor)), { limit, cursor }), total };
  },
  summary: ({ items }) =>
    items.map((item) => `${item.pid} ${item.name} (${item.user}): CPU ${item.cpuPercent} %, memory ${item.memoryPercent} %`).join('\n') ||
    'No such process.',
});

export const machineNetwork = defineTool({
  name: 'machine_network',
  title: 'Network of this machine',
  description: 'Host name, IP addresses, gateway, and which ports are listening with the program behind each.',
  risk: 'read',
  effects: { readsPrivate: true },
  input: z.object({ port: z.number().int().min(1).max(65_535).optional().describe('Only what listens there') }),
  output: z.object({
    hostname: z.string(),
    addresses: z.array(z.object({ interface: z.string(), ip4: z.string(), ip6: z.string(), mac: z.string() })),
    gateway: z.string(),
    port: z.number().optional().describe('As asked for'),
    listening: z.array(
      z.object({ protocol: z.string(), address: z.string(), port: z.number(), pid: z.number().nullable(), program: z.string() }),
    ),
  }),
  examples: [
    "what's my ip address",
    'which ports are listening on this machine',
    'what program is behind each open port',
    'show the network interfaces',
    'which address does this server have',
    'what is the default gateway',
    'is anything listening on port 8080',
    'what is the hostname of this box',
    'list open ports',
  ],
  slots: { port: 'number' },
  run: async (ctx, { port }) => {
    const { listening, ...rest } = await ctx.machine.network();
    return { ...rest, listening: listening.filter((one) => port === undefined || one.port === port), ...(port !== undefined && { port }) };
  },
  summary: ({ hostname, addresses, gateway, listening, port }) =>
    [
      `${hostname}: ${addresses.map((one) => `${one.interface} ${one.ip4 || one.ip6}`).join(', ') || 'no address'}${gateway && `, gateway ${gateway}`}.`,
      ...listening.map(
        (one) => `${one.protocol} ${one.address}:${one.port} ${one.program || 'program unknown'}${one.pid === null ? '' : ` (${one.pid})`}`,
      ),
      ...(port !== undefined && listening.length === 0 ? [`Nothing listens on port ${port}.`] : []),
    ].join('\n'),
});
