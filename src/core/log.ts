import { isoTime, type Clock } from './clock.ts';
import type { Redactor } from './redact.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];
export type LogFields = Record<string, unknown>;

/** JSON lines on stderr: stdout belongs to results and to JSON-RPC. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export interface LogOptions {
  level: LogLevel;
  clock: Clock;
  /** Log lines leave the machine as well as results do. */
  redactor?: Pick<Redactor, 'value'>;
  write?: (line: string) => void;
}

export function createLog({ level, clock, redactor, write = (line) => process.stderr.write(line) }: LogOptions): Log {
  const threshold = logLevels.indexOf(level);
  const at =
    (own: LogLevel) =>
    (event: string, fields: LogFields = {}): void => {
      if (logLevels.indexOf(own) < threshold) return;
      const shown = plain(fields);
      write(`${JSON.stringify({ time: isoTime(clock.now()), level: own, event, ...(redactor ? redactor.value(shown) : shown) })}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

// JSON.stringify turns an Error into {}.
function plain(fields: LogFields): LogFields {
  const entries = Object.entries(fields).map(([key, value]) => [
    key,
    value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : value,
  ]);
  return Object.fromEntries(entries) as LogFields;
}
