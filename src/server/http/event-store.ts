import type { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';

type Transport = WebStandardStreamableHTTPServerTransport;
type EventStore = NonNullable<NonNullable<ConstructorParameters<typeof WebStandardStreamableHTTPServerTransport>[0]>['eventStore']>;

interface StoredEvent {
  stream: string;
  message: Parameters<NonNullable<Transport['onmessage']>>[0];
}

const mostEvents = 1_000;

/** The last events of a session's streams, in memory, for a client that takes a lost stream up again. */
export function createEventStore(): EventStore {
  const events = new Map<string, StoredEvent>();
  let last = 0;
  return {
    storeEvent: async (stream, message) => {
      const id = String((last += 1)).padStart(12, '0');
      events.set(id, { stream, message });
      events.delete(String(last - mostEvents).padStart(12, '0'));
      return id;
    },
    getStreamIdForEventId: async (id) => events.get(id)?.stream,
    replayEventsAfter: async (after, { send }) => {
      const stream = events.get(after)?.stream ?? '';
      for (const [id, event] of events) if (id > after && event.stream === stream) await send(id, event.message);
      return stream;
    },
  };
}
