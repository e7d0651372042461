import type { CallResult } from '../../gate/gate-types.ts';
import { printable, type Terminal } from './terminal.ts';

/** Results for people: a table for a list, the summary where the tool has one, else field by field. */
export function render({ tool, output, summary, link }: CallResult, terminal: Terminal): string {
  const lines: string[] = [];
  const { items, text, notice } = output as { items?: unknown; text?: unknown; notice?: unknown };
  // A question to the owner is shown whole: nobody should answer what a column has cut off.
  if (tool === 'approval_list' || tool === 'run_undo' || (typeof text === 'string' && summary !== undefined)) lines.push(summary ?? '');
  else if (Array.isArray(items))
    lines.push(
      items.length > 0 ? table((tool === 'run_list' ? items.map(asRequest) : items) as Record<string, unknown>[], terminal) : 'none',
    );
  else lines.push(summary ?? fields(output as Record<string, unknown>, terminal));
  if (typeof notice === 'string' && !lines.at(-1)?.includes(notice)) lines.push(terminal.paint('dim', notice));
  const next = (output as { nextCursor?: string }).nextCursor;
  if (next !== undefined) lines.push(terminal.paint('dim', `more: --cursor ${next}`));
  if (link) lines.push(terminal.paint('dim', `all of it: ${link.file}`));
  return printable(lines.join('\n'));
}

/** Of a run, what was asked for stands where it can be seen, in the person's words. */
function asRequest({ id, status, kind, input, question, ...rest }: Record<string, unknown>): Record<string, unknown> {
  const { request, name, scope } = (input ?? {}) as { request?: unknown; name?: unknown; scope?: unknown };
  return { id, status, kind, what: request ?? name ?? scope ?? input, question, ...rest };
}

const widest = 60;
const gap = '  ';

/** The first columns that fit into a person's terminal; the others are named below. A pipe gets them all. */
export function table(items: Record<string, unknown>[], terminal: Pick<Terminal, 'paint' | 'columns'>): string {
  const all = [...new Set(items.flatMap((item) => Object.keys(item)))]
    .filter((key) => items.some((item) => item[key] !== null && !isLong(item[key])))
    .map((key) => column(key, items));
  let used = -gap.length;
  const first = all.findIndex(({ width }, index) => (used += width + gap.length) > terminal.columns && index > 0);
  const columns = first === -1 ? all : all.slice(0, first);
  const line = (at: (column: Column) => string): string =>
    columns
      .map((each) => at(each).padEnd(each.width))
      .join(gap)
      .trimEnd();
  const lines = [
    terminal.paint(
      'bold',
      line(({ key }) => key),
    ),
    ...items.map((_, row) => line(({ cells }) => cells[row]!)),
  ];
  const hidden = all.slice(columns.length).map(({ key }) => key);
  if (hidden.length > 0) lines.push(terminal.paint('dim', `not shown: ${hidden.join(', ')} (--json has them)`));
  return lines.join('\n');
}

interface Column {
  key: string;
  cells: string[];
  width: number;
}

function column(key: string, items: Record<string, unknown>[]): Column {
  const cells = items.map((item) => cell(item[key]));
  return { key, cells, width: Math.min(widest, Math.max(key.length, ...cells.map((text) => text.length))) };
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
