import type { CallResult } from '../../gate/gate-types.ts';
import { printable, type Terminal } from './terminal.ts';

/** Results for people: a table for a list, the summary where the tool has one, else field by field. */
export function render({ tool, output, summary, link }: CallResult, terminal: Terminal): string {
  const lines: string[] = [];
  const items = (output as { items?: unknown }).items;
  // A question to the owner is shown whole: nobody should answer what a column has cut off.
  if (tool === 'approval_list') lines.push(summary ?? '');
  else if (Array.isArray(items)) lines.push(items.length > 0 ? table(items as Record<string, unknown>[], terminal) : 'none');
  else lines.push(summary ?? fields(output as Record<string, unknown>, terminal));
  const next = (output as { nextCursor?: string }).nextCursor;
  if (next !== undefined) lines.push(terminal.paint('dim', `more: --cursor ${next}`));
  if (link) lines.push(terminal.paint('dim', `all of it: ${link.file}`));
  return printable(lines.join('\n'));
}

const widest = 60;

export function table(items: Record<string, unknown>[], terminal: Terminal): string {
  const columns = [...new Set(items.flatMap((item) => Object.keys(item)))].filter((key) =>
    items.some((item) => item[key] !== null && !isLong(item[key])),
  );
  const cells = items.map((item) => columns.map((key) => cell(item[key])));
  const widths = columns.map((key, index) => Math.min(widest, Math.max(key.length, ...cells.map((row) => row[index]!.length))));
  const line = (row: string[]): string =>
    row
      .map((text, index) => text.padEnd(widths[index]!))
      .join('  ')
      .trimEnd();
  return [terminal.paint('bold', line(columns)), ...cells.map(line)].join('\n');
}

const isLong = (value: unknown): boolean => typeof value === 'object' && value !== null && JSON.stringify(value).length > 200;

function cell(value: unknown): string {
  const text = value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  const flat = text.replaceAll(/\s+/g, ' ');
  return flat.length > widest ? `${flat.slice(0, widest - 1)}…` : flat;
}

export function fields(output: Record<string, unknown>, terminal: Terminal): string {
  const entries = Object.entries(output).filter(([, value]) => value !== undefined);
  const width = Math.max(0, ...entries.map(([key]) => key.length));
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  return entries.map(([key, value]) => `${terminal.paint('bold', key.padEnd(width))}  ${text(value)}`).join('\n');
}

export interface TaskLine {
  id: string;
  tool: string;
  input: unknown;
  output?: unknown;
  status: string;
  error?: { message: string; hint: string };
  evidence: { check: string; ok: boolean; found: string }[];
}

/** Each call of a request with what shows that it happened. */
export function renderTasks(tasks: TaskLine[], terminal: Terminal): string {
  const lines = tasks.flatMap(({ id, tool, input, status, error, evidence }) => [
    `${mark(status, terminal)} ${terminal.paint('bold', `${id} ${tool}`)} ${JSON.stringify(input).slice(0, 300)}  ${status}`,
    ...evidence.map((probe) =>
      terminal.paint('dim', `    ${probe.ok ? 'shown' : 'not shown'}: ${probe.check} — ${probe.found.slice(0, 200)}`),
    ),
    ...(error ? [`    ${error.message} ${error.hint}`] : []),
  ]);
  return printable(lines.join('\n'));
}

function mark(status: string, terminal: Terminal): string {
  if (status === 'done') return terminal.paint('green', '✓');
  return status === 'waiting' || status === 'running' || status === 'queued' ? '…' : terminal.paint('red', '✗');
}
