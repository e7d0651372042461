import { z } from 'zod';
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
    'which operating system and kernel is this',
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
