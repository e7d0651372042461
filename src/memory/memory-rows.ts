import { damaged, storedJson } from '../core/database-errors.ts';
import { isoTime } from '../core/clock.ts';
import type { Db } from '../core/database.ts';
import { ToolError } from '../core/errors.ts';
import { categories, type Category, type Memory } from './memory-types.ts';

/** A row of `memories`; times are ms since 1970. */
export interface Row {
  row: number;
  id: string;
  text: string;
  category: Category;
  namespace: string;
  key: string | null;
  tags: string;
  subject: string | null;
  thread: string | null;
  source: string;
  tainted: number;
  confidence: number;
  pinned: number;
  createdAt: number;
  updatedAt: number;
  validFrom: number | null;
  validUntil: number | null;
  accessedAt: number | null;
  accessCount: number;
  archivedAt: number | null;
  archivedBy: string | null;
  wording: string | null;
  gist: string | null;
  edition: number;
  model: number;
}

/** When what it says was so, or else when it was written. */
export const momentOf = ({ validFrom, createdAt }: Pick<Row, 'validFrom' | 'createdAt'>): number => validFrom ?? createdAt;

export function tagsOf(row: Row): string[] {
  const tags = storedJson<unknown>(row.tags, 'memory.db');
  if (!Array.isArray(tags)) throw damaged('memory.db');
  return tags as string[];
}

export function memoryOf(row: Row): Memory {
  if (!isSound(row)) throw damaged('memory.db');
  const { id, text, category, namespace, key, subject, thread, source, confidence, accessCount, validFrom, validUntil, accessedAt } = row;
  return {
    id,
    text,
    category,
    namespace,
    ...(key !== null && { key }),
    tags: tagsOf(row),
    ...(subject !== null && { subject }),
    ...(thread !== null && { thread }),
    source,
    tainted: row.tainted === 1,
    confidence,
    pinned: row.pinned === 1,
    createdAt: isoTime(row.createdAt),
    updatedAt: isoTime(row.updatedAt),
    ...(validFrom !== null && { validFrom: isoTime(validFrom) }),
    ...(validUntil !== null && { validUntil: isoTime(validUntil) }),
    ...(accessedAt !== null && { accessedAt: isoTime(accessedAt) }),
    accessCount,
  };
}

/** The furthest moment that a date can hold, in ms: ECMA-262, section 21.4.1.1. */
export const lastMoment = 8.64e15;

/** STRICT tables hold what their columns say; a damaged page may hold anything. */
function isSound(row: Row): boolean {
  const { category, createdAt, updatedAt, validFrom, validUntil, accessedAt, key, subject, thread } = row;
  const moments = [createdAt, updatedAt, validFrom ?? 0, validUntil ?? 0, accessedAt ?? 0];
  const texts = [row.id, row.text, row.namespace, row.source, key ?? '', subject ?? '', thread ?? '', ...tagsOf(row)];
  return (
    categories.includes(category) &&
    moments.every((moment) => typeof moment === 'number' && Math.abs(moment) <= lastMoment) &&
    texts.every((text) => typeof text === 'string') &&
    [row.confidence, row.accessCount].every((count) => Number.isFinite(count))
  );
}

/** A memory that is there, also under the id of one that was merged into it. */
export function findRow(db: Db, id: string): Row | undefined {
  const row = db.prepare('SELECT * FROM memories WHERE id = ?').get(id) as Row | undefined;
  if (row?.archivedBy?.startsWith('mem_')) return findRow(db, row.archivedBy);
  return row?.archivedAt === null ? row : undefined;
}

export const missing = (id: string): ToolError =>
  new ToolError('not_found', `No memory "${id.slice(0, 60)}".`, { hint: 'memory_list and memory_recall show the ids.' });
