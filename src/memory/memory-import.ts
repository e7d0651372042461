import type { Db } from '../core/database.ts';
import { ToolError } from '../core/errors.ts';
import { readMemories } from './memory-exchange.ts';
import type { ImportRequest, ImportResult, RememberRequest } from './memory-types.ts';
import { remember } from './memory-writing.ts';

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
    count(result, rememberOne(db, redact(request), now));
  }
  return result;
}

type Outcome = { change: 'created' | 'updated' | 'merged'; id: string } | undefined;

// Undefined where it was forgotten: an import brings nothing back.
function rememberOne(db: Db, request: RememberRequest, now: number): Outcome {
  try {
    const { change, memory } = remember(db, request, now);
    return { change, id: memory.id };
  } catch (error) {
    if (error instanceof ToolError && error.code === 'denied') return undefined;
    throw error;
  }
}

function count(result: ImportResult, outcome: Outcome): void {
  if (outcome === undefined) result.forgotten += 1;
  else if (outcome.change === 'merged') result.known += 1;
  else result[outcome.change] += 1;
  if (outcome?.change === 'created' && result.ids.length < 20) result.ids.push(outcome.id);
}
