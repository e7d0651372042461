import { encodedSpans } from './redaction/encoded-runs.ts';
import { inSource, unescaped, type Span, type View } from './redaction/escapes.ts';
import { withoutGaps } from './redaction/gaps.ts';
import { dumpSpans } from './redaction/hex-dump.ts';
import { keySpans } from './redaction/key-formats.ts';
import { mark } from './redaction/mark.ts';
import { isOwnWord } from './redaction/own-words.ts';
import { formsOf } from './redaction/secret-forms.ts';
import { createSecretSearch } from './redaction/secret-search.ts';
import { createStream, type RedactionStream } from './redaction/stream.ts';

/**
 * Removes secrets from everything that leaves: those it was told of by exact value, in every encoding of
 * `secret-forms.ts`, and keys of well-known formats by their looks.
 */
export interface Redactor {
  /** Throws RangeError for fewer than 4 characters other than white space, and for words of claw's own: no result would survive it. */
  add(secret: string): void;
  text(text: string): string;
  /** The same value with every string, keys included, redacted. What needs no change is returned itself. */
  value<T>(value: T): T;
  /** Whether a secret that was added is in it; looks do not count. */
  knows(text: string): boolean;
  /** For text that comes in pieces: a secret may lie across two of them. */
  stream(): RedactionStream;
}

const shortest = 4;
/** JSON in JSON in a URL is as deep as anyone has seen it. */
const mostLayers = 3;
const mostWrappings = 2;
/** The longest escape of one character: a JSON escape within a URL, as %5Cu00e9 with its surrogate. */
const widestEscape = 16;

export function createRedactor(): Redactor {
  const secrets = new Set<string>();
  const search = createSecretSearch();
  let longest = 0;
  const find: Find = (input) => (secrets.size === 0 ? keys(input) : both(input, search.spans));
  const text = (input: string): string => {
    const spans = find(input);
    return spans.length === 0 ? input : replaced(input, spans);
  };
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return changedList(value, walk);
    if (value === null || typeof value !== 'object') return value;
    return changedObject(value as Record<string, unknown>, { key: text, value: walk });
  };
  return {
    text,
    value: (value) => walk(value) as typeof value,
    knows: (input) => secrets.size > 0 && known(input, search.spans).length > 0,
    stream: () => createStream({ spans: find, longest: () => longest * widestEscape }),
    add: (secret) => {
      if (withoutGaps(secret).length < shortest) throw new RangeError(`a secret has at least ${shortest} characters`);
      if (isOwnWord(secret.trim())) throw new RangeError("one of claw's own words is no secret");
      if (secrets.has(secret)) return;
      secrets.add(secret);
      longest = Math.max(longest, secret.length);
      search.add(formsOf(secret));
    },
  };
}

type Find = (text: string) => Span[];

/** Where secrets are in a text, in order and apart. */
const keys = (text: string): Span[] => everyLayer(text, keySpans);
const known = (text: string, find: Find, depth = mostWrappings): Span[] => everyLayer(text, (layer) => inLayer(layer, find, depth));
const both = (text: string, find: Find): Span[] =>
  everyLayer(text, (layer) => [...keySpans(layer), ...inLayer(layer, find, mostWrappings)]);

/** `depth`: how many times base64 or hex may lie around a secret that is spelled in yet another way. */
function inLayer(layer: string, find: Find, depth: number): Span[] {
  const wrapped = depth === 0 ? [] : encodedSpans(layer, (decoded) => known(decoded, find, depth - 1).length > 0);
  return [...find(layer), ...dumpSpans(layer, find), ...wrapped];
}

/** Looks at the text as it is, and with its escapes undone once, twice and three times. */
function everyLayer(text: string, find: Find): Span[] {
  let found = find(text);
  const views: View[] = [];
  for (let view = unescaped(text); view && views.length < mostLayers; view = unescaped(view.text)) {
    views.unshift(view);
    found = found.concat(find(view.text).map((span) => views.reduce((inner, outer) => inSource(outer, inner), span)));
  }
  return found.length === 0 ? found : merged(found);
}

function merged(spans: Span[]): Span[] {
  const apart: Span[] = [];
  for (const [start, end] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = apart.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else apart.push([start, end]);
  }
  return apart;
}

function replaced(text: string, spans: Span[]): string {
  let clean = '';
  let from = 0;
  for (const [start, end] of spans) {
    clean += text.slice(from, start) + mark;
    from = end;
  }
  return clean + text.slice(from);
}

function changedList(list: unknown[], walk: (value: unknown) => unknown): unknown[] {
  const walked = list.map(walk);
  return walked.some((value, index) => value !== list[index]) ? walked : list;
}

function changedObject(
  object: Record<string, unknown>,
  { key: walkKey, value: walk }: { key: (key: string) => string; value: (value: unknown) => unknown },
): unknown {
  const entries = Object.entries(object);
  const walked = entries.map(([key, value]): [string, unknown] => [walkKey(key), walk(value)]);
  const isSame = walked.every(([key, value], index) => key === entries[index]![0] && value === entries[index]![1]);
  return isSame ? object : Object.fromEntries(walked);
}
