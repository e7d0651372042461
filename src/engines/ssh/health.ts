import { connect as dial } from 'node:net';
import { ToolError } from '../../core/errors.ts';
import type { SshHost } from '../../core/ssh-host.ts';
import type { Asked } from './pool.ts';
import type { HostResult, Ssh } from './ssh.ts';

export interface Disk {
  mount: string;
  sizeBytes: number;
  freeBytes: number;
  usedPercent: number;
}

export interface HostHealth {
  host: string;
  status: HostResult['status'];
  /** Ms until the port answered; absent where it did not, or the host lies behind another. */
  pingMs?: number;
  /** Ms of the whole question over SSH. */
  sshMs?: number;
  uptimeSeconds?: number;
  /** Averages over 1, 5 and 15 minutes. */
  load?: number[];
  cpus?: number;
  memory?: { totalBytes: number; availableBytes: number };
  disks?: Disk[];
  error?: string;
}

/** Linux and the BSDs answer what they have; what they do not have stays out. */
const question = [
  'cat /proc/uptime 2>/dev/null || echo -',
  'cat /proc/loadavg 2>/dev/null || sysctl -n vm.loadavg 2>/dev/null || echo -',
  'getconf _NPROCESSORS_ONLN 2>/dev/null || echo -',
  "awk '/^MemTotal|^MemAvailable/ {print $2}' /proc/meminfo 2>/dev/null | tr '\\n' ' '; echo",
  'df -P -k 2>/dev/null',
].join('; ');

/** Is it there, does it let one in, how is it. Never throws for a single host. */
export async function healthOf(host: SshHost, ssh: Pick<Ssh, 'run'>, asked: Asked): Promise<HostHealth> {
  const pingMs = host.jump === undefined ? await ping(host, asked.signal) : undefined;
  const [result] = await ssh.run({
    hosts: [host.alias],
    script: question,
    timeoutMs: 20_000,
    parallel: 1,
    canary: 0,
    maxFailures: 1,
    ...asked,
  });
  const { status, error, stdout, durationMs } = result!;
  if (status !== 'ok') return { host: host.alias, status, pingMs, error: error ? `${error.message} ${error.hint}`.trim() : 'no answer' };
  return { host: host.alias, status, pingMs, sshMs: durationMs, ...readAnswer(stdout) };
}

export function readAnswer(text: string): Omit<HostHealth, 'host' | 'status'> {
  const [uptime = '', load = '', cpus = '', memory = '', ...df] = text.split('\n');
  const [totalKb, availableKb] = memory.trim().split(/\s+/).map(Number);
  const averages = load.replace(/[{}]/g, '').trim().split(/\s+/).slice(0, 3).map(Number);
  return {
    ...(Number.isFinite(parseFloat(uptime)) && { uptimeSeconds: Math.round(parseFloat(uptime)) }),
    ...(averages.length === 3 && averages.every(Number.isFinite) && { load: averages }),
    ...(Number.isInteger(Number(cpus)) && cpus.trim() !== '' && { cpus: Number(cpus) }),
    ...(totalKb && availableKb !== undefined && { memory: { totalBytes: totalKb * 1_024, availableBytes: availableKb * 1_024 } }),
    disks: df.flatMap(diskIn),
  };
}

const notDisks = /^(?:tmpfs|devtmpfs|udev|overlay|shm|none|efivarfs|proc|sysfs)$/;

/** A line of POSIX df: device, 1024-blocks, used, available, capacity, mount. */
function diskIn(line: string): Disk[] {
  const match = /^(\S+)\s+(\d+)\s+(\d+)\s+(-?\d+)\s+(\d+)%\s+(\/.*)$/.exec(line);
  if (!match || notDisks.test(match[1]!)) return [];
  const [, , size, , free, percent, mount] = match;
  return [{ mount: mount!, sizeBytes: Number(size) * 1_024, freeBytes: Number(free) * 1_024, usedPercent: Number(percent) }];
}

function ping({ hostname, port }: SshHost, signal: AbortSignal): Promise<number | undefined> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const socket = dial({ host: hostname, port, timeout: 5_000 });
    const end = (ms?: number): void => {
      socket.destroy();
      if (signal.aborted) reject(signal.reason instanceof Error ? signal.reason : new ToolError('cancelled', 'It was called off.'));
      else resolve(ms);
    };
    socket.once('connect', () => end(Math.round((performance.now() - began) * 10) / 10));
    socket.once('error', () => end());
    socket.once('timeout', () => end());
    signal.addEventListener('abort', () => end(), { once: true });
  });
}
