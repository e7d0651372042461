import { isoTime, type Clock } from '../core/clock.ts';
import type { Db, Schema } from '../core/database.ts';
import { ToolError } from '../core/errors.ts';
import type { Redactor } from '../core/redact.ts';
import type { Caller, Tool } from '../core/tool.ts';
import type { DurableBackend } from '../durable/backend.ts';
import { callerText, type Audit } from './audit/audit.ts';

export const stopSchema: Schema = {
  part: 'stop',
  migrations: [
    `CREATE TABLE stop_switch (
       one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL, by TEXT NOT NULL, reason TEXT,
       runs INTEGER NOT NULL, calls INTEGER NOT NULL, ended TEXT NOT NULL) STRICT;`,
  ],
};

/** A run or a call that was under way when everything was stopped. */
export interface Ended {
  id: string;
  /** The kind of the run, or the tool of the call. */
  what: string;
  /** Who had started it. */
  caller: string;
}

export interface StopState {
  /** ISO 8601. */
  at: string;
  by: string;
  reason?: string;
  runs: number;
  calls: number;
  /** The first 50 of them, runs first. */
  ended: Ended[];
}

export interface StopRequest {
  by: Caller;
  reason: string | undefined;
  /** The call that asks for it and its run: they may finish. */
  callId: string;
  runId: string | undefined;
}

/** Whose call it is, as far as the switch cares. */
export interface StoppableCall {
  caller: Caller;
  tool: Tool;
  isOfRun: boolean;
}

/**
 * One switch for everything on this data folder: a row in claw.db, so it holds over all processes and
 * restarts. While it is on nothing starts but the owner's own reads and what carries `whileStopped`.
 */
export interface StopSwitch {
  state(): StopState | undefined;
  /** Throws `denied` while stopped. Inside the transaction that records the start, nothing slips past. */
  mustAllow(call: StoppableCall): void;
  /** Ends the call when everything is stopped; undefined for what may go on. */
  signalFor(call: StoppableCall): AbortSignal | undefined;
  /** Aborted when everything is stopped: for programs that live longer than a call. */
  signal(): AbortSignal;
  /** Joins the caller's transaction. Stopped already, it stays as it was first. */
  stop(request: StopRequest): StopState;
  /** What was on before, or undefined. Joins the caller's transaction. */
  release(): StopState | undefined;
  /** Another process may have thrown the switch. */
  notice(): void;
  close(): void;
}

export interface StopParts {
  db: Db;
  clock: Clock;
  audit: Audit;
  backend: Pick<DurableBackend, 'stopAll'>;
  redactor: Pick<Redactor, 'text'>;
}

const shownMost = 50;

export function createStopSwitch({ db, clock, audit, backend, redactor }: StopParts): StopSwitch {
  let running = new AbortController();
  const state: StopSwitch['state'] = () => {
    const row = db.prepare('SELECT * FROM stop_switch').get() as Row | undefined;
    return row && stateOf(row);
  };
  const notice: StopSwitch['notice'] = () => {
    const found = db.prepare('SELECT by FROM stop_switch').get() as { by: string } | undefined;
    if (found && !running.signal.aborted) running.abort(cutOff(found.by));
    if (!found && running.signal.aborted) running = new AbortController();
  };
  let isClosed = false;
  const noticeLater = (): void => {
    if (!isClosed) notice();
  };
  const insert = ({ by, reason, callId, runId }: StopRequest): void => {
    const runs = backend.stopAll(by.kind, { except: runId });
    const calls = audit.openCalls().filter((call) => call.callId !== callId && call.runId === null);
    const ended: Ended[] = [
      ...runs.map(({ id, kind, caller }) => ({ id, what: kind, caller })),
      ...calls.map(({ callId: id, tool, caller }) => ({ id, what: tool, caller })),
    ];
    const sql = 'INSERT OR IGNORE INTO stop_switch VALUES (1, ?, ?, ?, ?, ?, ?)';
    const shown = JSON.stringify(ended.slice(0, shownMost));
    db.prepare(sql).run(
      clock.now(),
      redactor.text(callerText(by)),
      reason === undefined ? null : redactor.text(reason),
      runs.length,
      calls.length,
      shown,
    );
  };
  return {
    state,
    notice,
    mustAllow: (call) => {
      const found = db.prepare('SELECT by FROM stop_switch').get() as { by: string } | undefined;
      if (found && !mayGoOn(call)) throw refused(found.by);
      // Released by another process, and not noticed yet.
      if (!found && running.signal.aborted) notice();
    },
    close: () => {
      isClosed = true;
    },
    signal: () => running.signal,
    signalFor: (call) => (mayGoOn(call) ? undefined : running.signal),
    stop: (request) => {
      db.transaction(() => insert(request));
      // After the transaction, and after the call that asked has ended.
      setImmediate(noticeLater);
      return state()!;
    },
    release: () =>
      db.transaction(() => {
        const before = state();
        db.prepare('DELETE FROM stop_switch').run();
        setImmediate(noticeLater);
        return before;
      }),
  };
}

/** The owner looks and releases, from outside of any run; a tool that may do more than read by its arguments is no look. */
const mayGoOn = ({ caller, tool, isOfRun }: StoppableCall): boolean =>
  caller.kind === 'owner' && !isOfRun && (tool.risk === 'read' || tool.whileStopped === true);

const refused = (by: string): ToolError =>
  new ToolError('denied', `Everything is stopped, by ${by}.`, { hint: 'The owner starts it again with: claw stop --release' });

const cutOff = (by: string): ToolError =>
  new ToolError('cancelled', `It was ended: ${by} stopped everything.`, {
    hint: 'Look at what it has done; the owner starts claw again with: claw stop --release',
  });

type Row = Omit<StopState, 'at' | 'reason' | 'ended'> & { at: number; reason: string | null; ended: string };

function stateOf({ at, by, reason, runs, calls, ended }: Row): StopState {
  return { at: isoTime(at), by, ...(reason !== null && { reason }), runs, calls, ended: JSON.parse(ended) as Ended[] };
}
