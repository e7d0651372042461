import { z } from 'zod';
import { ToolError } from '../core/errors.ts';
import type { ToolContext } from '../core/tool.ts';

export const categories = ['fact', 'preference', 'project_context', 'conversation_summary', 'conversation'] as const;

/** One memory as tools show it. */
export const memory = z.object({
  id: z.string(),
  text: z.string(),
  category: z.enum(categories),
  namespace: z.string(),
  key: z.string().optional(),
  tags: z.array(z.string()),
  subject: z.string().optional(),
  thread: z.string().optional(),
  source: z.string(),
  tainted: z.boolean().describe('Its text came from outside'),
  confidence: z.number(),
  pinned: z.boolean(),
  createdAt: z.string(),
  updatedAt: z.string(),
  validFrom: z.string().optional(),
  validUntil: z.string().optional(),
  accessedAt: z.string().optional(),
  accessCount: z.number(),
});

export const id = z.string().max(100).describe('mem_…');
export const filters = {
  category: z.enum(categories).optional(),
  namespace: z.string().optional(),
  tag: z.string().optional(),
  subject: z.string().optional(),
  source: z.string().optional(),
  tainted: z.boolean().optional(),
  since: z.string().max(40).optional().describe('Date or time, ISO 8601'),
  until: z.string().max(40).optional(),
};
interface Filters {
  category?: (typeof categories)[number];
  namespace?: string;
  tag?: string;
  subject?: string;
  source?: string;
  tainted?: boolean;
  since?: string;
  until?: string;
}

/** The filters of an input as the store takes them. Throws `invalid_input`. */
export const filterIn = ({ category, namespace, tag, subject, source, tainted, since, until }: Filters) => ({
  category,
  namespace,
  tag,
  subject,
  source,
  tainted,
  since: momentOf(since),
  until: momentOf(until),
});

export function momentOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const moment = Date.parse(text);
  if (!Number.isNaN(moment)) return moment;
  throw new ToolError('invalid_input', 'A time is not in ISO 8601.', { hint: 'Write it as 2026-05-31 or 2026-05-31T08:00:00Z.' });
}

export const categoryWords = {
  preference: ['prefer', 'preference', 'preferences', 'like', 'likes', 'favourite', 'favorite'],
  project_context: ['project'],
  conversation_summary: ['conversation', 'summary'],
};

export const sourceOf = ({ caller, runId, callId }: ToolContext): string => `${caller.name ?? caller.kind} ${runId ?? callId}`;

/** Someone who speaks for the owner, not something that runs by itself. */
export const isPerson = ({ caller }: ToolContext): boolean => caller.kind === 'owner' || caller.kind === 'mcp';

/** Text from outside stays that, however long ago it was remembered. */
export function told<Kept extends { tainted: boolean }>(ctx: ToolContext, kept: Kept[]): Kept[] {
  if (kept.some((one) => one.tainted)) ctx.touched({ readsUntrusted: true });
  return kept;
}

/** Those of the ids that are there, and not in the archive. */
export async function keptOf(ctx: ToolContext, ids: string[]): Promise<string[]> {
  const found = await Promise.all(ids.map((id) => ctx.memory.get(id)));
  return ids.filter((_id, index) => found[index] !== undefined);
}
