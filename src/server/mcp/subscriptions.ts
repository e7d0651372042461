import {
  isJSONRPCNotification,
  isJSONRPCRequest,
  type JSONRPCMessage,
  type McpServerFactory,
  type RequestId,
  type ServerEventBus,
} from '@modelcontextprotocol/server';
import type { Changes } from '../../gate/changes.ts';

/** The resource that shows what has changed. */
const uriOf = (name: string): string => `claw://${name}`;

/** What one client has subscribed to. */
export interface Subscriptions {
  add(uri: string): void;
  remove(uri: string): void;
  end(): void;
}

/** Sessions of the revisions before 2026-07-28: resources/subscribe and its opposite, until the session ends. */
export function createSubscriptions(changes: Changes, send: (uri: string) => void): Subscriptions {
  const uris = new Set<string>();
  let stop: (() => void) | undefined;
  const end = (): void => {
    uris.clear();
    stop?.();
    stop = undefined;
  };
  return {
    add: (uri) => {
      uris.add(uri);
      stop ??= changes.listen((name) => {
        if (uris.has(uriOf(name))) send(uriOf(name));
      });
    },
    remove: (uri) => {
      uris.delete(uri);
      if (uris.size === 0) end();
    },
    end,
  };
}

/** For `subscriptions/listen` of 2026-07-28, where the SDK picks out for each stream what it has asked for. */
export const busOf = (changes: Changes): ServerEventBus => ({
  publish: () => {},
  subscribe: (listener) => changes.listen((name) => listener({ kind: 'resource_updated', uri: uriOf(name) })),
});

export interface ListenFollower {
  /** Makes the server that sends. */
  factory: McpServerFactory;
  see(message: JSONRPCMessage): void;
  end(): void;
}

/** The same over stdio, where the SDK picks from what the server sends: as long as a stream is open, everything is sent. */
export function followListens(changes: Changes, make: McpServerFactory): ListenFollower {
  const streams = new Set<RequestId>();
  let send = (_uri: string): void => {};
  let stop: (() => void) | undefined;
  const end = (): void => {
    stop?.();
    stop = undefined;
  };
  return {
    end,
    factory: async (context) => {
      const made = await make(context);
      const server = 'server' in made ? made.server : made;
      if (context.era === 'modern') send = (uri) => void server.sendResourceUpdated({ uri }).catch(server.onerror);
      return made;
    },
    see: (message) => {
      if (isJSONRPCRequest(message) && message.method === 'subscriptions/listen') {
        streams.add(message.id);
        stop ??= changes.listen((name) => send(uriOf(name)));
      } else if (isJSONRPCNotification(message) && message.method === 'notifications/cancelled') {
        streams.delete(message.params?.requestId as RequestId);
        if (streams.size === 0) end();
      }
    },
  };
}
