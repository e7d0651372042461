import { setTimeout as wait } from 'node:timers/promises';
import type Systeminformation from 'systeminformation';
import { isoTime } from '../../core/clock.ts';
import { ToolError } from '../../core/errors.ts';
import { readNetwork, type MachineNetwork } from './network.ts';

export const machineParts = ['os', 'cpu', 'memory', 'disks', 'temperature'] as const;
export type MachinePart = (typeof machineParts)[number];

export interface MachineStatus {
  hostname?: string;
  os?: { platform: string; name: string; kernel: string; uptimeSeconds: number };
  cpu?: { model: string; cores: number; loadAverage1m: number; usedPercent: number };
  memory?: {
    totalBytes: number;
    usedBytes: number;
    availableBytes: number;
    usedPercent: number;
    swapTotalBytes: number;
    swapUsedBytes: number;
  };
  disks?: {
    mount: string;
    device: string;
    type: string;
    sizeBytes: number;
    usedBytes: number;
    availableBytes: number;
    usedPercent: number;
  }[];
  temperature?: { mainCelsius: number | null };
  warnings: string[];
}

/** Observes the machine it runs on; changes nothing. */
export interface Machine {
  status(parts: readonly MachinePart[]): Promise<MachineStatus>;
  /** The heaviest first. */
  processes(query: ProcessQuery): Promise<{ items: ProcessInfo[]; total: number }>;
  network(): Promise<MachineNetwork>;
}

export interface ProcessQuery {
  sortBy: 'cpu' | 'memory';
  /** Part of the name. */
  name?: string;
}

export interface ProcessInfo {
  pid: number;
  name: string;
  user: string;
  cpuPercent: number;
  memoryPercent: number;
  residentBytes: number;
  startedAt: string;
}

type Library = typeof Systeminformation;

const notStorage = new Set(['tmpfs', 'devtmpfs', 'squashfs', 'overlay', 'proc', 'sysfs', 'ramfs', 'efivarfs', 'autofs', 'fuse.portal']);
const fullPercent = 90;
/**
 * The library tells of the CPU since it was asked last, and at first since the machine was started: that is not what runs now.
 * Within half a second it says the same again.
 */
const sampleMs = 600;

export function createMachine(): Machine {
  // The library is large and most calls never need it.
  const library = async (): Promise<Library> => (await import('systeminformation')).default;
  const readers: Record<MachinePart, (si: Library) => Promise<Partial<MachineStatus>>> = { os, cpu, memory, disks, temperature };
  return {
    status: async (parts) => {
      const si = await library();
      const found = await Promise.all(parts.map((part) => readers[part](si).catch((error: unknown) => unreadable(part, error))));
      const status: Omit<MachineStatus, 'warnings'> = Object.assign({}, ...found) as MachineStatus;
      return { ...status, warnings: warnings(status) };
    },
    network: async () => readNetwork(await library()),
    processes: async ({ sortBy, name = '' }) => {
      const si = await library();
      if (sortBy === 'cpu') await si.processes().then(() => wait(sampleMs));
      const { list, all } = await si.processes();
      const items = list.map(processInfo).filter((one) => one.name.toLowerCase().includes(name.toLowerCase()));
      const heaviest = items.toSorted((a, b) => (sortBy === 'cpu' ? b.cpuPercent - a.cpuPercent : b.residentBytes - a.residentBytes));
      return { items: heaviest, total: all };
    },
  };
}

const tenths = (value: number): number => Math.round(value * 10) / 10;

const processInfo = (found: Systeminformation.Systeminformation.ProcessesProcessData): ProcessInfo => ({
  pid: found.pid,
  name: found.name,
  user: found.user,
  cpuPercent: tenths(found.cpu),
  memoryPercent: tenths(found.mem),
  residentBytes: found.memRss * 1_024,
  startedAt: isoTime(Date.parse(found.started)),
});

function unreadable(part: MachinePart, cause: unknown): never {
  throw new ToolError('unavailable', `The ${part} of this machine cannot be read.`, { hint: 'Ask for the other parts.', cause });
}

const percent = (part: number, whole: number): number => (whole === 0 ? 0 : Math.round((part / whole) * 1_000) / 10);

async function os(si: Library): Promise<Partial<MachineStatus>> {
  const info = await si.osInfo();
  const uptimeSeconds = Math.round(si.time().uptime);
  return {
    hostname: info.hostname,
    os: { platform: info.platform, name: `${info.distro} ${info.release}`.trim(), kernel: info.kernel, uptimeSeconds },
  };
}

async function cpu(si: Library): Promise<Partial<MachineStatus>> {
  const [info, load] = await Promise.all([si.cpu(), si.currentLoad()]);
  return {
    cpu: {
      model: `${info.manufacturer} ${info.brand}`.trim(),
      cores: info.cores,
      loadAverage1m: load.avgLoad,
      usedPercent: Math.round(load.currentLoad * 10) / 10,
    },
  };
}

async function memory(si: Library): Promise<Partial<MachineStatus>> {
  const { total, available, swaptotal, swapused } = await si.mem();
  const usedBytes = total - available;
  return {
    memory: {
      totalBytes: total,
      usedBytes,
      availableBytes: available,
      usedPercent: percent(usedBytes, total),
      swapTotalBytes: swaptotal,
      swapUsedBytes: swapused,
    },
  };
}

async function disks(si: Library): Promise<Partial<MachineStatus>> {
  const found = await si.fsSize();
  const real = found.filter((disk) => disk.mount === '/' || (!notStorage.has(disk.type) && disk.size > 0));
  return {
    disks: real.map(({ mount, fs, type, size, used, available }) => ({
      mount,
      device: fs,
      type,
      sizeBytes: size,
      usedBytes: used,
      availableBytes: available,
      usedPercent: percent(used, used + available),
    })),
  };
}

async function temperature(si: Library): Promise<Partial<MachineStatus>> {
  const { main } = await si.cpuTemperature();
  return { temperature: { mainCelsius: main ?? null } };
}

function warnings({ memory: ram, disks: mounts = [] }: Omit<MachineStatus, 'warnings'>): string[] {
  const full = mounts.filter((disk) => disk.usedPercent >= fullPercent).map((disk) => `Disk ${disk.mount} is ${disk.usedPercent} % full.`);
  if (ram && ram.usedPercent >= fullPercent) full.push(`Memory is ${ram.usedPercent} % used.`);
  return full;
}
