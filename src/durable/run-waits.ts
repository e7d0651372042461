import { storedJson } from '../core/database-errors.ts';
import type { Clock } from '../core/clock.ts';
import type { Db } from '../core/database.ts';
import { ToolError } from '../core/errors.ts';
import type { Alarm } from './alarm.ts';
import type { RunContext } from './backend.ts';
import type { RunLife, Wait } from './run-life.ts';
import type { WaitRows } from './wait-rows.ts';

export interface WaitParts {
  db: Db;
  clock: Clock;
  waits: WaitRows;
  alarm: Alarm;
  life: RunLife;
}

const ringAgainMs = 1_000;

/** Waiting that survives the process: the row says what for and until when, memory holds only a callback. */
export function createWaits({ db, clock, waits, alarm, life }: WaitParts): Pick<RunContext, 'waitSignal' | 'sleep'> {
  const { claim } = life;
  const asked = new Map<string, number>();
  const fire = (id: string): undefined => {
    waits.fire(claim, id);
  };

  const waitSignal: RunContext['waitSignal'] = async (name, { question, timeoutMs } = {}) => {
    life.throwIfOver();
    const deadline = timeoutMs === undefined ? undefined : setDeadline(name, timeoutMs);
    if (deadline?.hasFired) throw nothingCame(name);
    const value = waits.value(claim.seq, name);
    if (value !== undefined) return storedJson<unknown>(value, 'claw.db');
    return pending(name, {
      question,
      dueAt: deadline?.dueAt,
      look: () => {
        const arrived = waits.value(claim.seq, name);
        return arrived === undefined ? undefined : { value: storedJson<unknown>(arrived, 'claw.db') };
      },
      onDue: () => {
        fire(deadline!.id);
        return nothingCame(name);
      },
    });
  };

  /** The n-th wait for a name has a timer of its own: a replay counts the same. */
  const setDeadline = (name: string, timeoutMs: number): { id: string; dueAt: number; hasFired: boolean } => {
    const count = (asked.get(name) ?? 0) + 1;
    asked.set(name, count);
    const id = `signal:${name}#${count}`;
    return { id, ...waits.timer(claim, id, clock.now() + timeoutMs) };
  };

  const sleep: RunContext['sleep'] = async (name, ms) => {
    life.throwIfOver();
    const id = `sleep:${name}`;
    const { dueAt, hasFired } = waits.timer(claim, id, clock.now() + ms);
    if (hasFired) return;
    await pending(id, { question: undefined, dueAt, look: () => undefined, onDue: () => fire(id) });
  };

  interface Pending {
    question: Wait['question'];
    dueAt: number | undefined;
    look: () => { value: unknown } | undefined;
    /** Records that it is due, and returns the error where that is a failure. */
    onDue: () => ToolError | undefined;
  }

  const pending = (name: string, { question, dueAt, look, onDue }: Pending): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        cancel?.();
        life.remove(wait);
      };
      const check = (): void => {
        const found = look();
        if (!found) return;
        leave();
        resolve(found.value);
      };
      const ring = (): void => {
        if (life.ending) return;
        // Where the disk is full or the database busy, it rings again.
        cancel = alarm.set(clock.now() + ringAgainMs, ring);
        const found = db.transaction(() => look() ?? { value: onDue() });
        leave();
        if (found.value instanceof ToolError) reject(found.value);
        else resolve(found.value);
      };
      const wait: Wait = { name, question, check, reject: (reason) => (cancel?.(), reject(reason)) };
      life.add(wait);
      let cancel = dueAt === undefined ? undefined : alarm.set(dueAt, ring);
    });

  return { waitSignal, sleep };
}

const nothingCame = (name: string): ToolError =>
  new ToolError('timeout', `Nothing came for "${name}" in time.`, { hint: 'Start the run again when there is an answer to give.' });
