import type { ServerOptions } from 'node:http';
import type { Clock } from '../../core/clock.ts';

/** What one server takes before it says no. docs/edge.md has the same table. */
export interface HttpLimits {
  /** For the head of a request, and for the whole of it, from the first byte: a client that drips is cut off with 408. */
  headMs: number;
  requestMs: number;
  /** How long an idle connection stays. */
  keepAliveMs: number;
  /** Bytes of a request's head: 431. */
  headBytes: number;
  connections: number;
  /** Requests under way, streams that a client holds open with GET apart: 503. */
  requests: number;
  streams: number;
  /** Wrong tokens from one address in a minute: 429. */
  wrongTokens: number;
}

export const usualLimits: HttpLimits = {
  headMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 5_000,
  headBytes: 16_384,
  connections: 512,
  requests: 128,
  streams: 100,
  wrongTokens: 10,
};

export const serverOptions = (limits: HttpLimits): ServerOptions => ({
  headersTimeout: limits.headMs,
  requestTimeout: limits.requestMs,
  keepAliveTimeout: limits.keepAliveMs,
  maxHeaderSize: limits.headBytes,
  connectionsCheckingInterval: Math.min(1_000, limits.headMs),
});

const minuteMs = 60_000;
const mostAddresses = 1_000;

/**
 * Counts wrong tokens by address. The right token is never kept waiting: other programs on this machine share its address,
 * and 256 random bits are not found by guessing.
 */
export interface WrongTokens {
  /** Counts one; the seconds to wait where there were too many, else undefined. */
  add(address: string): number | undefined;
}

export function createWrongTokens({ clock, most }: { clock: Clock; most: number }): WrongTokens {
  const windows = new Map<string, { endsAt: number; count: number }>();
  return {
    add: (address) => {
      const now = clock.now();
      let window = windows.get(address);
      // A clock that jumped back would make a window last for as long as it jumped.
      if (!window || window.endsAt <= now || window.endsAt > now + minuteMs) window = { endsAt: now + minuteMs, count: 0 };
      windows.delete(address);
      windows.set(address, window);
      const [oldest] = windows.keys();
      if (windows.size > mostAddresses && oldest !== undefined) windows.delete(oldest);
      window.count += 1;
      return window.count > most ? Math.ceil((window.endsAt - now) / 1_000) : undefined;
    },
  };
}
