import type { ToolError } from '../../core/errors.ts';
import type { SecretUse } from '../../core/secret.ts';
import type { ConnectParts } from './connect.ts';
import type { SshHost } from '../../core/ssh-host.ts';
import { openLink, type Link } from './link.ts';

export interface Lease {
  link: Link;
  release(): void;
}

/** Connections by host, opened when they are needed and closed when they are old or idle. */
export interface Pool {
  /** A place on a connection; waits where the host has as many commands as it may. Throws as `connect` does. */
  lease(host: SshHost, asked: Asked): Promise<Lease>;
  /** The key that the host shows now, through the hosts that lead to it. */
  shownKey(host: SshHost, asked: Asked): Promise<Buffer>;
  close(): void;
}

export interface Asked {
  use: SecretUse;
  signal: AbortSignal;
}

export interface PoolParts extends ConnectParts {
  host: (alias: string) => SshHost;
}

const idleMs = 300_000;
const oldMs = 3_600_000;
/** Beside commands, a connection carries its guard and file transfers. */
const kept = 2;

interface Seat {
  link: Link;
  used: number;
  idle?: NodeJS.Timeout;
}

interface Ward {
  /** What the host was when its connections were opened: another text is another host. */
  text: string;
  seats: Seat[];
  running: number;
  waiting: (() => void)[];
  /** One connection is opened at a time: sshd drops those that knock together. */
  opening?: Promise<Seat> | undefined;
  /** How the latest opening ended. */
  calledOff?: boolean;
}

export function createPool(parts: PoolParts): Pool {
  const wards = new Map<string, Ward>();

  const wardOf = (host: SshHost): Ward => {
    const text = JSON.stringify(host);
    const known = wards.get(host.alias);
    if (known?.text === text) return known;
    known?.seats.forEach((seat) => retire(known, seat));
    const ward: Ward = { text, seats: [], running: 0, waiting: [] };
    wards.set(host.alias, ward);
    return ward;
  };

  const open = async (host: SshHost, ward: Ward, asked: Asked): Promise<Seat> => {
    const through = host.jump === undefined ? undefined : await lease(parts.host(host.jump), asked);
    try {
      const sock = await through?.link.forward(host.hostname, host.port);
      // The library is loaded with the first connection.
      const { connect } = await import('./connect.ts');
      const client = await connect({ host, use: asked.use, signal: asked.signal, sock }, parts);
      const seat: Seat = { used: 0, link: undefined as never };
      seat.link = await openLink(client, () => {
        ward.seats = ward.seats.filter((one) => one !== seat);
        through?.release();
      });
      ward.seats.push(seat);
      return seat;
    } catch (error) {
      through?.release();
      throw error;
    }
  };

  const free = (host: SshHost, ward: Ward): Seat | undefined =>
    ward.seats.find(({ link, used }) => link.isOpen && Date.now() - link.openedAt < oldMs && used < Math.max(1, host.sessions - kept));

  const seatFor = async (host: SshHost, ward: Ward, asked: Asked): Promise<Seat> => {
    for (;;) {
      const seat = free(host, ward);
      if (seat) return claimed(seat);
      asked.signal.throwIfAborted();
      if (ward.opening) {
        // What keeps one from it keeps the others, unless it only was called off.
        await ward.opening.catch((error: unknown) => {
          if (!ward.calledOff) throw error;
        });
        continue;
      }
      ward.opening = open(host, ward, asked).finally(() => {
        ward.opening = undefined;
        ward.calledOff = asked.signal.aborted;
      });
      await ward.opening;
    }
  };

  async function lease(host: SshHost, asked: Asked): Promise<Lease> {
    const ward = wardOf(host);
    await turn(ward, host, asked.signal);
    try {
      const seat = await seatFor(host, ward, asked);
      let isHeld = true;
      return {
        link: seat.link,
        release: () => {
          if (!isHeld) return;
          isHeld = false;
          seat.used -= 1;
          next(ward);
          if (seat.used > 0) return;
          if (Date.now() - seat.link.openedAt >= oldMs) retire(ward, seat);
          else seat.idle = setTimeout(() => retire(ward, seat), idleMs).unref();
        },
      };
    } catch (error) {
      next(ward);
      throw error;
    }
  }

  return {
    lease,
    shownKey: async (host, asked) => {
      const through = host.jump === undefined ? undefined : await lease(parts.host(host.jump), asked);
      try {
        const sock = await through?.link.forward(host.hostname, host.port);
        const { shownKey } = await import('./connect.ts');
        return await shownKey({ host, signal: asked.signal, sock });
      } finally {
        through?.release();
      }
    },
    close: () => {
      for (const ward of wards.values()) for (const seat of ward.seats) retire(ward, seat);
    },
  };
}

/** At once: several may look for a seat in the same moment. */
function claimed(seat: Seat): Seat {
  clearTimeout(seat.idle);
  seat.used += 1;
  return seat;
}

function retire(ward: Ward, seat: Seat): void {
  clearTimeout(seat.idle);
  ward.seats = ward.seats.filter((one) => one !== seat);
  seat.link.close();
}

/** Resolves when it is one's turn to run something on the host. */
async function turn(ward: Ward, host: SshHost, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (ward.running < host.lanes) {
    ward.running += 1;
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const go = (): void => {
      signal.removeEventListener('abort', cancel);
      resolve();
    };
    const cancel = (): void => {
      ward.waiting = ward.waiting.filter((one) => one !== go);
      reject(signal.reason as ToolError);
    };
    signal.addEventListener('abort', cancel, { once: true });
    ward.waiting.push(go);
  });
}

/** Hands the place on, or gives it back. */
function next(ward: Ward): void {
  const go = ward.waiting.shift();
  if (go) go();
  else ward.running -= 1;
}
