import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { openStatuses, type DurableBackend, type RunRecord } from '../durable/backend.ts';
import type { Approvals } from './approvals/approvals.ts';

/** Tells what is to be seen of claw has changed, also by other processes: `status`, `runs/latest`, `runs/<id>`. */
export interface Changes {
  /** Until the returned function is called. While nobody listens nothing is looked at. */
  listen(listener: (name: string) => void): () => void;
}

export interface ChangesParts {
  backend: Pick<DurableBackend, 'list' | 'steps' | 'isLeader'>;
  approvals: Pick<Approvals, 'list'>;
  clock: Clock;
  log: Log;
}

/** So a listener hears of one thing four times a second at most. */
const lookEveryMs = 250;
const newest = 50;
const latest = 20;

/** Looks at a print of each thing, a few rows in all, and compares it with the one before. */
export function createChanges({ backend, approvals, clock, log }: ChangesParts): Changes {
  const listeners = new Set<(name: string) => void>();
  let watching: AbortController | undefined;

  async function watch(signal: AbortSignal): Promise<void> {
    let before: Map<string, string> | undefined;
    while (!signal.aborted) {
      const now = await prints().catch((error: unknown) => {
        log.debug('changes_not_seen', { error });
        return undefined;
      });
      if (now && before && !signal.aborted) tell(now, before);
      before = now ?? before;
      await clock.sleep(lookEveryMs, signal).catch(() => {});
    }
  }

  function tell(now: Map<string, string>, before: Map<string, string>): void {
    for (const [name, print] of now) if (print !== before.get(name)) for (const listener of listeners) listener(name);
  }

  async function prints(): Promise<Map<string, string>> {
    const lists = await Promise.all([
      backend.list({ limit: newest }),
      ...openStatuses.map((status) => backend.list({ status, limit: newest })),
    ]);
    const runs = new Map(lists.flatMap(({ items }) => items).map((run) => [run.id, run]));
    const open = [...runs.values()].filter((run) => run.endedAt === undefined);
    const waiting = approvals.list({ status: 'waiting', limit: newest }).length;
    return new Map([
      ['status', JSON.stringify([open.map(({ status }) => status).toSorted(), waiting, backend.isLeader()])],
      ['runs/latest', JSON.stringify(lists[0].items.slice(0, latest).map(({ id, status }) => [id, status]))],
      ...(await Promise.all([...runs.values()].map(async (run): Promise<[string, string]> => [`runs/${run.id}`, await printOf(run)]))),
    ]);
  }

  /** Steps are looked at only where they may move. */
  async function printOf({ id, status, question, endedAt }: RunRecord): Promise<string> {
    const steps = endedAt === undefined ? await backend.steps(id) : [];
    return JSON.stringify([status, question?.text, endedAt, steps.map((step) => [step.id, step.status, step.evidence.length])]);
  }

  return {
    listen: (listener) => {
      const own = (name: string): void => listener(name);
      listeners.add(own);
      if (!watching) void watch((watching = new AbortController()).signal);
      return () => {
        if (!listeners.delete(own) || listeners.size > 0) return;
        watching?.abort();
        watching = undefined;
      };
    },
  };
}
