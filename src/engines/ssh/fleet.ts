import type { ToolError } from '../../core/errors.ts';

export interface FleetOptions {
  /** How many at the same time. */
  parallel: number;
  /** How many go first, alone; the others only when these succeed. */
  canary: number;
  /** When so many have failed, no other is begun. */
  maxFailures: number;
}

/** The same work on many: one's failure never ends another's. What was not begun is `undefined`. */
export async function onEach<Host, Result>(
  hosts: Host[],
  work: (host: Host) => Promise<Result>,
  { parallel, canary, maxFailures, failed }: FleetOptions & { failed: (result: Result) => boolean },
): Promise<(Result | undefined)[]> {
  const results: (Result | undefined)[] = hosts.map(() => undefined);
  let failures = 0;
  const lane = async (next: () => number | undefined): Promise<void> => {
    for (let index = next(); index !== undefined; index = next()) {
      const result = await work(hosts[index]!);
      results[index] = result;
      if (failed(result)) failures += 1;
    }
  };
  const through = async (from: number, to: number, most: number): Promise<void> => {
    let at = from;
    const next = (): number | undefined => (at < to && failures < most ? at++ : undefined);
    await Promise.all(Array.from({ length: Math.min(parallel, to - from) }, () => lane(next)));
  };
  await through(0, Math.min(canary, hosts.length), 1);
  if (canary === 0 || failures === 0) await through(Math.min(canary, hosts.length), hosts.length, maxFailures);
  return results;
}

/** How a host's part ended, in a word. */
export type HostStatus = 'ok' | 'failed' | 'unreachable' | 'refused' | 'unknown' | 'timeout' | 'not begun';

const statuses: Partial<Record<ToolError['code'], HostStatus>> = {
  unavailable: 'unreachable',
  denied: 'refused',
  bad_config: 'refused',
  unknown_outcome: 'unknown',
  timeout: 'timeout',
};

export const statusOf = (error: ToolError): HostStatus => statuses[error.code] ?? 'failed';
