import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { ToolError } from '../core/errors.ts';

/** Clients hand the structured result to the model, so it must stay small. */
export const longestOutput = 10_000;
/** What one call may use of it, so that a call that wraps it fits as well. */
const longestInner = 9_500;

export interface Bounded {
  output: unknown;
  link?: { uri: string; file: string; bytes: number };
}

export interface BoundOptions {
  schema: z.ZodType;
  callId: string;
  /** Folder for whole outputs. */
  folder: string;
  /** Of a listing: where the next page begins if only the first `count` items are given. */
  cursorAfter?: (count: number) => string;
  /** Holds an output that is bounded already. */
  wraps?: boolean;
}

/**
 * A page that is too long ends early, with the cursor of what is left. Other outputs over the limit are written to `<folder>/<callId>.json` as they are, and answered with
 * their longest strings and lists cut, still within the tool's schema.
 */
export function boundOutput(output: unknown, { schema, callId, folder, cursorAfter, wraps = false }: BoundOptions): Bounded {
  const limit = wraps ? longestOutput : longestInner;
  const whole = JSON.stringify(output);
  if (whole.length <= limit) return { output };
  const shorter = cursorAfter && shorterPage(output as Page, { limit, cursorAfter });
  if (shorter) return { output: shorter };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, `${callId}.json`);
  writeFileSync(file, whole, { mode: 0o600 });
  const link = { uri: `claw://outputs/${callId}`, file, bytes: Buffer.byteLength(whole) };
  for (let room = longestOutput; room >= 100; room = Math.floor(room / 2)) {
    const smaller = shrink(output, { room, uri: link.uri });
    if (JSON.stringify(smaller).length <= limit && schema.safeParse(smaller).success) return { output: smaller, link };
  }
  throw new ToolError('too_large', `The result has ${whole.length} characters, ${limit} is the limit.`, {
    hint: `All of it is in ${link.uri}; or ask for less.`,
  });
}

interface Page {
  items: unknown[];
  nextCursor?: string;
}

/** As many items as fit, and the cursor behind them. Undefined where not even the first one fits. */
function shorterPage(page: Page, { limit, cursorAfter }: { limit: number; cursorAfter: (count: number) => string }): Page | undefined {
  let room = limit - JSON.stringify({ ...page, items: [], nextCursor: '' }).length - 100;
  const count = page.items.findIndex((item) => (room -= JSON.stringify(item).length + 1) < 0);
  return count > 0 ? { ...page, items: page.items.slice(0, count), nextCursor: cursorAfter(count) } : undefined;
}

/** The output before it was cut. */
export const wholeOutput = ({ output, link }: Bounded): unknown =>
  link === undefined ? output : (JSON.parse(readFileSync(link.file, 'utf8')) as unknown);

interface Cut {
  room: number;
  uri: string;
}

function shrink(value: unknown, cut: Cut): unknown {
  if (typeof value === 'string') return shortText(value, cut);
  if (Array.isArray(value)) return shortList(value, cut);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value);
  const share = Math.floor((cut.room * 0.9) / Math.max(1, large(entries)));
  return Object.fromEntries(entries.map(([key, inner]) => [key, shrink(inner, { ...cut, room: Math.max(40, share) })]));
}

// Small fields keep their length; only the large ones share the room.
const large = (entries: [string, unknown][]): number => entries.filter(([, inner]) => (JSON.stringify(inner) ?? '').length > 200).length;

function shortText(text: string, { room, uri }: Cut): string {
  if (text.length <= Math.max(200, room)) return text;
  const end = `… [${text.length - room} more characters in ${uri}]`;
  return text.slice(0, Math.max(0, room - end.length)) + end;
}

function shortList(list: unknown[], cut: Cut): unknown[] {
  const kept: unknown[] = [];
  let left = cut.room;
  for (const item of list) {
    const smaller = shrink(item, { ...cut, room: left });
    left -= JSON.stringify(smaller)?.length ?? 4;
    if (left < 0 && kept.length > 0) break;
    kept.push(smaller);
  }
  return kept;
}
