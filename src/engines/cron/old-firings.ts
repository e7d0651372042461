import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Db } from '../../core/database.ts';
import type { Forget } from '../../durable/retention.ts';

/** Firings that have ended, with their logs. The last on record stays: by it a clock that was put back is found out. */
export const oldFirings =
  ({ db, folder }: { db: Db; folder: string }): Forget =>
  async (before, most) => {
    const sql = `DELETE FROM cron_firings WHERE seq IN (
                   SELECT seq FROM cron_firings WHERE status NOT IN ('queued', 'running') AND coalesce(ended_at, recorded_at) < ?
                   AND seq < (SELECT max(seq) FROM cron_firings) ORDER BY seq LIMIT ?) RETURNING id`;
    const old = db.transaction(() => db.prepare(sql).all(before, most)) as { id: string }[];
    await Promise.all(old.map(({ id }) => rm(path.join(folder, `${id}.log`), { force: true })));
    return old.length;
  };
