import type { Db } from '../core/database.ts';
import { ToolError } from '../core/errors.ts';
import { readMemories } from './memory-exchange.ts';
import { findRow } from './memory-rows.ts';
import type { ImportRequest, ImportResult, Memory, Remembered, RememberRequest } from './memory-types.ts';
import { remember } from './memory-writing.ts';
import { noteRead, summaryKey } from './resting-threads.ts';

interface ImportTools {
  redact: <T>(value: T) => T;
  now: number;
}

/** Remembers everything in a file; the caller opens the transaction. */
export function importAll(
  db: Db,
  { text, format, namespace, source, tainted, writeKey }: ImportRequest,
  { redact, now }: ImportTools,
): ImportResult {
  const { memories, unreadable } = readMemories(text, format);
  const created: Memory[] = [];
  const result: ImportResult = { created: 0, updated: 0, known: 0, forgotten: 0, unreadable, ids: [] };
  for (const [index, memory] of memories.entries()) {
    const request: RememberRequest = {
      ...memory,
      namespace: memory.namespace ?? namespace,
      tainted: tainted || memory.tainted,
      source,
      writeKey: `${writeKey} ${index}`,
      mayRevive: false,
    };
    const outcome = rememberOne(db, redact(request), now);
    count(result, outcome);
    if (outcome?.change === 'created') created.push(outcome.memory);
  }
  noteReadBefore(db, created);
  return result;
}

/** Conversations that come with their summary come with their facts as well: they are not made again, in other words. */
function noteReadBefore(db: Db, created: Memory[]): void {
  const keyOf = ({ namespace }: Memory, key: string): string => JSON.stringify([namespace, key]);
  const summaries = created.filter(({ category, key }) => category === 'conversation_summary' && key !== undefined);
  const read = new Set(summaries.map((summary) => keyOf(summary, summary.key!)));
  const turns = created.filter((turn) => turn.thread !== undefined && read.has(keyOf(turn, summaryKey(turn.thread))));
  noteRead(
    db,
    turns.flatMap(({ id }) => findRow(db, id) ?? []),
  );
}

type Outcome = Pick<Remembered, 'change' | 'memory'> | undefined;

// Undefined where it was forgotten: an import brings nothing back.
function rememberOne(db: Db, request: RememberRequest, now: number): Outcome {
  try {
    return remember(db, request, now);
  } catch (error) {
    if (error instanceof ToolError && error.code === 'denied') return undefined;
    throw error;
  }
}

function count(result: ImportResult, outcome: Outcome): void {
  if (outcome === undefined) result.forgotten += 1;
  else if (outcome.change === 'merged') result.known += 1;
  else result[outcome.change] += 1;
  if (outcome?.change === 'created' && result.ids.length < 20) result.ids.push(outcome.memory.id);
}
