import { ToolError } from '../core/errors.ts';
import type { Memories } from './lazy-memory.ts';
import type { Memory } from './memory-types.ts';

/**
 * The memories of one namespace, for whoever sees no others: what they name is put aside, and an id of another namespace is
 * as if it were not there. What works on all of memory.db is not theirs.
 */
export function boundMemory(store: Memories, namespace: string): Memories {
  const own = async (id: string): Promise<Memory | undefined> => {
    const kept = await store.get(id);
    return kept?.namespace === namespace ? kept : undefined;
  };
  const mustOwn = async (ids: string[]): Promise<void> => {
    for (const id of ids) if (!(await own(id))) throw notThere(id);
  };
  return {
    remember: (request) => store.remember({ ...request, namespace }),
    recall: (query, signal) => store.recall({ ...query, namespace }, signal),
    list: (filter) => store.list({ ...filter, namespace }),
    get: own,
    holds: async (id, text) => (await own(id)) !== undefined && store.holds(id, text),
    history: async (id) => (await mustOwn([id]), store.history(id)),
    select: (filter, most) => store.select({ ...filter, namespace }, most),
    update: async (id, changes, origin) => (await mustOwn([id]), store.update(id, changes, origin)),
    forget: async (ids, batch) => (await mustOwn(ids), store.forget(ids, batch)),
    context: (wanted, signal) => store.context({ ...wanted, namespace }, signal),
    export: (filter) => store.export({ ...filter, namespace }),
    restore: refused,
    purge: refused,
    maintain: refused,
    import: refused,
    stats: refused,
    close: refused,
  };
}

const notThere = (id: string): ToolError =>
  new ToolError('not_found', `No memory "${id.slice(0, 60)}".`, { hint: 'memory_list and memory_recall show the ids.' });

const refused = async (): Promise<never> => {
  throw new ToolError('denied', 'That is about all memories, and an agent has only its own.', {
    hint: 'The owner can do it: claw memory.',
  });
};
