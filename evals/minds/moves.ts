import type { Turn } from '../../test/support/model-wire.ts';
import type { Call } from '../scenario.ts';
import type { Asked, Use } from './asked.ts';
import { leastOf } from './fill-schema.ts';

/** How a scripted model makes calls in a conversation; ids of its own tell it later which it has made. */
const idOf = (kind: string, index: number, again = false): string => `${kind}-${index}${again ? '-again' : ''}`;
const has = ({ uses }: Asked, id: string): boolean => uses.some((use) => use.id === id);

/** The first of these calls that it has not made and may make, or undefined. */
export function nextOf(asked: Asked, kind: string, calls: Call[]): Turn | undefined {
  for (const [index, call] of calls.entries()) {
    const id = idOf(kind, index);
    if (has(asked, id)) continue;
    const turn = turnFor(asked, id, call);
    if (turn) return turn;
  }
  return undefined;
}

/** As `nextOf`, with one more try of a call that failed, and no further once that has failed as well. */
export function nextWithCare(asked: Asked, kind: string, calls: Call[]): Turn | 'failed' | undefined {
  for (const [index, call] of calls.entries()) {
    const ids = [idOf(kind, index), idOf(kind, index, true)];
    const [first, second] = ids.map((id) => asked.uses.find((use) => use.id === id));
    if (!first) return turnFor(asked, ids[0]!, call) ?? 'failed';
    if (!isError(first)) continue;
    if (second ? isError(second) : !isPassing(first)) return 'failed';
    if (!second) return turnFor(asked, ids[1]!, call);
  }
  return undefined;
}

function turnFor(asked: Asked, id: string, { tool, input }: Call): Turn | undefined {
  const given = withResults(input, asked);
  if (asked.tools.some(({ name }) => name === tool)) return { toolUses: [{ id, name: tool, input: given }] };
  const canPass = tool !== 'tool_call' && asked.tools.some(({ name }) => name === 'tool_call');
  return canPass ? { toolUses: [{ id, name: 'tool_call', input: { tool, input: given } }] } : undefined;
}

const codeOf = ({ result = '' }: Use): string | undefined => /^\{"code":"(\w+)"/.exec(result)?.[1];
const isError = (use: Use): boolean => codeOf(use) !== undefined;
const isPassing = (use: Use): boolean => ['unavailable', 'timeout', 'failed', 'internal'].includes(codeOf(use)!);

/** `{"$from":"t2"}` is what the second call gave. */
function withResults(input: Record<string, unknown>, asked: Asked): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).map(([field, value]) => [field, resultOf(value, asked) ?? value]));
}

function resultOf(value: unknown, { uses }: Asked): string | undefined {
  const from = (value as { $from?: unknown } | null)?.$from;
  if (typeof from !== 'string') return undefined;
  const id = idOf('play', Number(from.slice(1)) - 1);
  const text = uses.find((use) => use.id.startsWith(id))?.result ?? '';
  const data = /<data [^>]*>\n([^]*)\n<\/data/.exec(text)?.[1] ?? text;
  try {
    const output = JSON.parse(data) as { body?: string; text?: string; content?: string };
    return output.body ?? output.text ?? output.content ?? data;
  } catch {
    return data;
  }
}

/** The end of a task, with a claim: by the tool for it where there is one. */
export function ending(asked: Asked, claim: string): Turn {
  const finish = asked.tools.find(({ name }) => name === 'finish');
  if (!finish) return { text: claim };
  return { toolUses: [{ id: 'finish', name: 'finish', input: leastOf(finish.schema, { summary: claim, text: claim, answer: claim }) }] };
}
