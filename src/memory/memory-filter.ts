import type { MemoryFilter } from './memory-types.ts';

/** Conditions on `memories` that are not archived, and the values they name. */
export function filterOf({ category, namespace, tag, subject, source, tainted, since, until }: MemoryFilter): {
  where: string;
  values: Record<string, string | number>;
} {
  const given: Record<string, string | number | undefined> = {
    'memories.category = @category': category,
    'memories.namespace = @namespace': namespace,
    'EXISTS (SELECT 1 FROM json_each(memories.tags) WHERE value = @tag)': tag,
    'lower(memories.subject) = lower(@subject)': subject,
    'substr(memories.source, 1, length(@source)) = @source': source,
    'memories.tainted = @tainted': tainted === undefined ? undefined : Number(tainted),
    'coalesce(memories.validFrom, memories.createdAt) >= @since': since,
    'coalesce(memories.validFrom, memories.createdAt) < @until': until,
  };
  const used = Object.entries(given).filter((entry): entry is [string, string | number] => entry[1] !== undefined);
  return {
    where: ['memories.archivedAt IS NULL', ...used.map(([condition]) => condition)].join(' AND '),
    values: Object.fromEntries(used.map(([condition, value]) => [/@(\w+)/.exec(condition)![1]!, value])),
  };
}
