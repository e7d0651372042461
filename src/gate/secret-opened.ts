import type { Db } from '../core/database.ts';
import type { SecretUse } from '../core/secret.ts';
import type { Audit } from './audit/audit.ts';
import type { Taints } from './taint.ts';

/** Puts the use of a secret on record, without its value, and marks the run as one that has touched private data. */
export function secretOpened({ db, audit, taints }: { db: Db; audit: Audit; taints: Taints }): (name: string, use: SecretUse) => void {
  return (name, { tool, host, callId, caller, runId }) =>
    db.transaction(() => {
      taints.mark(runId, { readsPrivate: true });
      audit.record({ event: 'opened', callId, caller, tool, runId, detail: { secret: name, ...(host !== undefined && { host }) } });
    });
}
