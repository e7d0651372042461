import { setImmediate as nextTurn } from 'node:timers/promises';
import { parsedJson } from '../../core/json.ts';
import type { Nearness } from '../../core/nearness.ts';
import { searchTexts } from '../../core/text-search.ts';
import type { Audit, AuditEvent, AuditQuery, AuditRow } from './audit.ts';

/** How far back it looks, in rows that pass the filters, and how many different texts of them it compares. */
const mostRows = 20_000;
const mostTexts = 2_000;
const chunk = 1_000;
/** Characters of what a row says that are looked at. */
const longest = 160;
/** Vectors are waited for so long; those that are not there yet are computed after the answer. */
const patienceMs = 4_000;

export interface AuditFinding {
  row: AuditRow;
  /** 0 to 1. */
  score: number;
  why: string;
  /** Rows within what was looked at that say the same; this is the newest. */
  times: number;
}

export interface AuditFound {
  /** Best first. */
  findings: AuditFinding[];
  looked: {
    /** Rows that were read. */
    rows: number;
    /** When the oldest of them was written. */
    since?: string;
    /** Different texts in them, and how many of these were compared by meaning. */
    texts: number;
    compared: number;
    /** Whether there are older rows that were not looked at. */
    isAll: boolean;
  };
}

type Filter = Omit<AuditQuery, 'limit' | 'before'>;

/** Finds rows by what they say. */
export interface AuditMeaning {
  /** `upTo`: the newest row that counts, so that pages agree. */
  find(question: string, filter: Filter, options: { upTo: number; signal: AbortSignal }): Promise<AuditFound>;
}

/**
 * No vector is stored for the audit: calls repeat, so the latest rows have few different texts, and the vectors of these are kept in
 * memory. What a row says is the tool and the values of its arguments or of its error.
 */
export function createAuditMeaning({ audit, nearness }: { audit: Pick<Audit, 'search' | 'row'>; nearness: Nearness }): AuditMeaning {
  return {
    find: async (question, filter, { upTo, signal }) => {
      const { texts, ...read } = await readBack(audit, filter, { upTo, signal });
      const items = [...texts.keys()].map((text) => ({ id: text, texts: [text] }));
      const { hits, compared } = await searchTexts(items, question, { nearness, patienceMs, signal });
      const findings = hits.map(({ id, score, why }) => ({ row: audit.row(texts.get(id)!.seq)!, score, why, times: texts.get(id)!.times }));
      return { findings, looked: { ...read, texts: texts.size, compared } };
    },
  };
}

/** What a text stands for: the newest row that says it. */
type Texts = Map<string, { seq: number; times: number }>;

interface ReadBack {
  texts: Texts;
  rows: number;
  since?: string;
  isAll: boolean;
}

async function readBack(
  audit: Pick<Audit, 'search'>,
  filter: Filter,
  { upTo, signal }: { upTo: number; signal: AbortSignal },
): Promise<ReadBack> {
  const texts: Texts = new Map();
  let before = upTo + 1;
  let since: string | undefined;
  for (let rows = 0; ;) {
    const found = audit.search({ ...filter, before, limit: chunk });
    for (const row of found) note(texts, row, filter);
    rows += found.length;
    since = found.at(-1)?.at ?? since;
    const isAll = found.length < chunk;
    if (isAll || rows >= mostRows || texts.size >= mostTexts) return { texts, rows, ...(since !== undefined && { since }), isAll };
    before = found.at(-1)!.seq;
    await nextTurn(undefined, { signal });
  }
}

function note(texts: Texts, row: AuditRow, { event, tool }: Filter): void {
  // That a call went well says nothing of its own; and who searches does not look for searches.
  if (event === undefined && silent.has(row.event)) return;
  if (tool === undefined && row.tool === 'audit_search') return;
  const text = saidIn(row);
  const known = texts.get(text);
  if (known) known.times += 1;
  else if (texts.size < mostTexts) texts.set(text, { seq: row.seq, times: 1 });
}

const silent = new Set<AuditEvent>(['ok', 'verified']);

/** "file delete: backup/old.log", "file list failed: denied, /tmp may not be touched …". */
export function saidIn({ tool, event, detail }: Pick<AuditRow, 'tool' | 'event' | 'detail'>): string {
  const values = leaves(parsedJson(detail)).join(', ');
  return `${tool.replaceAll('_', ' ')}${event === 'started' ? '' : ` ${event}`}${values && `: ${values}`}`.slice(0, longest);
}

/** Texts of a value, in its order: of a path its end, and nothing of what has no letters or is an id of ours. */
function leaves(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(leaves);
  if (typeof value !== 'string' || !/\p{L}/u.test(value) || /^[a-z]{3,5}_[0-9a-z]{15,}$/.test(value)) return [];
  return [/^\/\S+$/.test(value) ? value.split('/').slice(-2).join('/') : value];
}
