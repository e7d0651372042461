import type { Clock } from '../../core/clock.ts';
import { systemCode, ToolError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { SecretUse } from '../../core/secret.ts';
import type { SourceSettings } from '../../core/source-settings.ts';
import { specOf } from './definition.ts';
import { openLink, type Link } from './link.ts';
import { openSettings, type OpeningParts } from './opened-settings.ts';

/** Connections to servers: begun at the first need, kept while they are used, ended after some minutes without. */
export interface Connections {
  /**
   * Throws `unavailable` where the server cannot be started or reached, or has failed often and is not tried again yet. Whoever
   * uses a link keeps it from being ended as idle.
   */
  use<Result>(name: string, settings: SourceSettings, use: SecretUse, work: (link: Link) => Promise<Result>): Promise<Result>;
  isUp(name: string): boolean;
  end(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface ConnectionParts extends OpeningParts {
  clock: Clock;
  log: Log;
  onToolsChanged: (name: string, link: Link) => void;
  /** Aborted when everything is stopped: servers may act by themselves, so they end with it. */
  stopped: () => AbortSignal;
}

interface Held {
  spec: string;
  opening: Promise<Link>;
  openedAt: number;
  users: number;
  idle?: NodeJS.Timeout | undefined;
}

interface Failures {
  count: number;
  notBefore: number;
}

const usualIdleSeconds = 300;
const usualStartSeconds = 60;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;
/** One that dies sooner has failed to start. */
const steadyMs = 10_000;

export function createConnections(parts: ConnectionParts): Connections {
  const { clock, log, onToolsChanged, stopped } = parts;
  const held = new Map<string, Held>();
  const failures = new Map<string, Failures>();
  let isClosed = false;

  const failed = (name: string): void => {
    const count = (failures.get(name)?.count ?? 0) + 1;
    // The first time it may be tried again at once.
    const pauseMs = count === 1 ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** (count - 2));
    failures.set(name, { count, notBefore: clock.now() + pauseMs });
  };

  async function end(name: string): Promise<void> {
    const one = held.get(name);
    held.delete(name);
    clearTimeout(one?.idle);
    await one?.opening.then(
      (link) => link.close(),
      () => {},
    );
  }

  function begin(name: string, settings: SourceSettings, use: SecretUse): Held {
    const waitMs = (failures.get(name)?.notBefore ?? 0) - clock.now();
    if (waitMs > 0) throw resting(name, { waitMs, count: failures.get(name)!.count });
    const opening = openSettings(name, settings, use, parts).then((opened) =>
      openLink(opened, {
        startMs: (settings.claw?.startSeconds ?? usualStartSeconds) * 1_000,
        onToolsChanged: () => void opening.then((link) => onToolsChanged(name, link)),
        onClose: () => lost(name, one),
        log,
      }),
    );
    const one: Held = { spec: specOf(settings), opening, openedAt: clock.now(), users: 0 };
    held.set(name, one);
    stopped().addEventListener('abort', () => void (held.get(name) === one && end(name)), { once: true });
    opening.catch(() => {
      if (held.get(name) === one) held.delete(name);
      failed(name);
    });
    return one;
  }

  /** The next call starts it anew; one that keeps dying has to wait for that. */
  function lost(name: string, one: Held): void {
    if (held.get(name) !== one) return;
    held.delete(name);
    clearTimeout(one.idle);
    if (clock.now() - one.openedAt < steadyMs) failed(name);
    else failures.delete(name);
    log.warn('mcp_source_ended', { source: name });
  }

  async function of(name: string, settings: SourceSettings, use: SecretUse): Promise<Held> {
    if (isClosed) throw closing();
    const known = held.get(name);
    if (known?.spec === specOf(settings)) return known;
    if (known) await end(name);
    return held.get(name) ?? begin(name, settings, use);
  }

  return {
    use: async (name, settings, use, work) => {
      const one = await of(name, settings, use);
      one.users += 1;
      clearTimeout(one.idle);
      try {
        const link = await one.opening.catch((error: unknown) => Promise.reject(unreachable(name, error)));
        const result = await work(link);
        failures.delete(name);
        return result;
      } finally {
        one.users -= 1;
        const idleMs = (settings.claw?.idleSeconds ?? usualIdleSeconds) * 1_000;
        if (one.users === 0 && held.get(name) === one) one.idle = setTimeout(() => void end(name), idleMs).unref();
      }
    },
    isUp: (name) => held.has(name),
    end,
    close: async () => {
      isClosed = true;
      await Promise.all([...held.keys()].map(end));
    },
  };
}

const resting = (name: string, { waitMs, count }: { waitMs: number; count: number }): ToolError =>
  new ToolError('unavailable', `The MCP server ${name} has failed ${count} times in a row.`, {
    hint: `It is tried again in ${Math.ceil(waitMs / 1_000)} s; source_test ${name} says what is wrong.`,
  });

const closing = (): ToolError => new ToolError('cancelled', 'claw is shutting down.', { hint: 'Make the call again once it has started.' });

function unreachable(name: string, error: unknown): ToolError {
  if (error instanceof ToolError) return error;
  return new ToolError('unavailable', `The MCP server ${name} ${whyNot(error)}.`, {
    hint: `Check its entry in mcp.json, then: claw source test ${name}. With CLAW_LOG=debug the log has what it writes.`,
    cause: error,
  });
}

/** What kind of failure it is; the server's own words stay out. */
function whyNot(error: unknown): string {
  const { status } = (error ?? {}) as { status?: unknown };
  if (status === 401 || status === 403) return `wants other credentials (HTTP ${status})`;
  if (typeof status === 'number') return `answered HTTP ${status}`;
  const code = systemCode(error) || systemCode((error as Error | undefined)?.cause);
  if (code === 'ENOENT') return 'cannot be started: no such program or folder';
  if (code === 'REQUEST_TIMEOUT' || (error as Error | undefined)?.name === 'TimeoutError') return 'did not answer in time';
  if (code === 'CONNECTION_CLOSED') return 'ended before it was ready';
  return /^E[A-Z]+$/.test(code) ? `cannot be reached (${code})` : 'did not come to an understanding of MCP';
}
