import type { Clock } from '../core/clock.ts';
import type { Db } from '../core/database.ts';
import { version } from '../core/version.ts';
import type { DurableBackend } from '../durable/backend.ts';
import type { Audit } from './audit/audit.ts';
import type { StopState, StopSwitch } from './stop-switch.ts';

export interface Status {
  version: string;
  uptimeSeconds: number;
  home: string;
  leader: boolean;
  model: string;
  residentBytes: number;
  runs: Record<string, number>;
  approvalsWaiting: number;
  auditRows: number;
  tools: number;
  /** Everything is stopped, since when and by whom. */
  stopped?: Omit<StopState, 'ended'>;
  /** What the owner should look at. */
  warnings: string[];
}

export interface StatusParts {
  db: Db;
  backend: DurableBackend;
  audit: Audit;
  stop: StopSwitch;
  clock: Clock;
  home: string;
  model: string;
  tools: number;
  warnings: () => string[];
}

/** How this process and its data folder are. */
export function createStatus({ db, backend, audit, stop, clock, home, model, tools, warnings }: StatusParts): () => Status {
  const startedAt = clock.now();
  const count = (sql: string): number => (db.prepare(sql).get(clock.now()) as { n: number }).n;
  return () => {
    const stopped = stop.state();
    const open = db.prepare('SELECT status, count(*) AS n FROM runs WHERE ended_at IS NULL GROUP BY status').all() as {
      status: string;
      n: number;
    }[];
    return {
      version: version(),
      uptimeSeconds: Math.round((clock.now() - startedAt) / 1_000),
      home,
      leader: backend.isLeader(),
      model,
      residentBytes: process.memoryUsage.rss(),
      runs: Object.fromEntries(open.map(({ status, n }) => [status, n])),
      approvalsWaiting: count("SELECT count(*) AS n FROM approvals WHERE status = 'waiting' AND expiresAt > ?"),
      auditRows: audit.count(),
      tools,
      ...(stopped && { stopped: withoutEnded(stopped) }),
      warnings: warnings(),
    };
  };
}

const withoutEnded = ({ ended: _ended, ...rest }: StopState): Omit<StopState, 'ended'> => rest;
