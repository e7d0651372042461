import { newId } from '../../core/ids.ts';

/** Who has read what is remembered for this long after a client without a session was last heard of. */
const idleMs = 30 * 60_000;
const mostClients = 1_000;

/**
 * What one client does in a row is one scope of taint: a page read by one call and a message sent by the next must not
 * look like two strangers. A connection is a scope; so is a client of the stateless protocol, by its name.
 */
export interface SessionScopes {
  ofConnection(): string;
  ofClient(name: string): string;
}

export function createSessionScopes(now: () => number = Date.now): SessionScopes {
  const clients = new Map<string, { id: string; heardAt: number }>();
  return {
    ofConnection: () => newId('ses'),
    ofClient: (name) => {
      const known = clients.get(name);
      const isFresh = known !== undefined && now() - known.heardAt < idleMs;
      const id = isFresh ? known.id : newId('ses');
      clients.delete(name);
      clients.set(name, { id, heardAt: now() });
      const [oldest] = clients.keys();
      if (clients.size > mostClients && oldest !== undefined) clients.delete(oldest);
      return id;
    },
  };
}
