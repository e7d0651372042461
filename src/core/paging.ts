import { z } from 'zod';
import { ToolError } from './errors.ts';

/** The lists that every listing returns: `{items, nextCursor?}`. */
export const pageOf = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), nextCursor: z.string().optional() });

/** Paging inputs, spread into a listing's schema. */
export const paging = {
  limit: z.number().int().min(1).max(200).default(50).describe('Most items'),
  cursor: z.string().max(200).optional().describe('nextCursor of the page before'),
};

/** A cursor that counts the items before it. Throws `invalid_input`. */
export function offsetOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor);
  throw strangeCursor();
}

export const strangeCursor = (): ToolError =>
  new ToolError('invalid_input', 'The cursor is not one of ours.', { hint: 'Pass nextCursor of the page before, unchanged.' });

interface Paged {
  limit: number;
  cursor?: string;
}

/** A page of `found`, which has one item more than asked where there are more, or is the whole list from `offset` on. */
export function page<Item>(found: Item[], { limit, cursor }: Paged): { items: Item[]; nextCursor?: string } {
  const items = found.slice(0, limit);
  return found.length > limit ? { items, nextCursor: String(offsetOf(cursor) + limit) } : { items };
}

/** `cursorAfter` of tools whose cursor counts. */
export const offsetAfter = (count: number, { input }: { input: { cursor?: string } }): string => String(offsetOf(input.cursor) + count);
