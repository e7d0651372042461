import type { Span } from './escapes.ts';
import { continuesLine, isGap } from './gaps.ts';
import type { Form } from './secret-forms.ts';

/** Finds every form in a text, whatever white space stands between its characters. */
export interface SecretSearch {
  add(forms: Form[]): void;
  /** In order of their start; they may overlap. */
  spans(text: string): Span[];
}

/** How much of a form is enough where a text was cut: this many characters and half of it, or this many at the very end. */
const leastOfCut = 16;
const leastAtEnd = 12;

const tableBits = 18;
const slotOf = (key: number): number => Math.imul(key, 0x9e3779b1) >>> (32 - tableBits);

/**
 * After Rabin and Karp (1987): the last four characters, a byte of each, are one number; a table of 2^18 bits says
 * whether any form begins so, and only then is it compared.
 */
export function createSecretSearch(): SecretSearch {
  const table = new Uint8Array(1 << (tableBits - 3));
  const byStart = new Map<number, Form[]>();
  return {
    add: (forms) => {
      for (const form of forms) {
        const key = keyOf(form.text);
        const slot = slotOf(key);
        table[slot >>> 3]! |= 1 << (slot & 7);
        byStart.set(key, [...(byStart.get(key) ?? []), form]);
      }
    },
    spans: (text) => {
      const found: Span[] = [];
      if (byStart.size === 0) return found;
      let key = 0;
      for (let at = 0; at < text.length; at += 1) {
        const code = text.charCodeAt(at);
        if (code <= 32 || (code >= 127 && isGap(code)) || (code === 92 && continuesLine(text, at))) continue;
        key = (key << 8) | (code & 255);
        const slot = slotOf(key);
        if ((table[slot >>> 3]! & (1 << (slot & 7))) === 0) continue;
        const forms = byStart.get(key);
        if (!forms) continue;
        const start = startOf(text, at);
        for (const form of forms) {
          const span = matchAt(text, start, form);
          if (span) found.push(span);
        }
      }
      return found.toSorted((a, b) => a[0] - b[0]);
    },
  };
}

function keyOf(text: string): number {
  let key = 0;
  for (let at = 0; at < 4; at += 1) key = (key << 8) | (text.charCodeAt(at) & 255);
  return key;
}

const skips = (text: string, at: number): boolean => isGap(text.charCodeAt(at)) || continuesLine(text, at);

/** The position of the fourth character back, this one included. */
function startOf(text: string, end: number): number {
  let at = end;
  for (let left = 3; left > 0 && at > 0;) {
    at -= 1;
    if (!skips(text, at)) left -= 1;
  }
  return at;
}

function matchAt(text: string, start: number, form: Form): Span | undefined {
  let matched = 0;
  let end = start;
  for (let at = start; at < text.length && matched < form.text.length; at += 1) {
    if (skips(text, at)) continue;
    if (text.charCodeAt(at) !== form.text.charCodeAt(matched)) break;
    matched += 1;
    end = at + 1;
  }
  if (matched === form.text.length) return withNeighbours(text, [start, end], form);
  const isCut = matched >= leastOfCut && matched * 2 >= form.text.length;
  return isCut || (matched >= leastAtEnd && isRestGap(text, end)) ? [start, end] : undefined;
}

function isRestGap(text: string, from: number): boolean {
  for (let at = from; at < text.length; at += 1) if (!skips(text, at)) return false;
  return true;
}

/** The neighbours settle whether a short piece of base64 is the secret's; a long one is, also where it was cut off there. */
function withNeighbours(text: string, [start, end]: Span, { text: middle, lead, trail }: Form): Span | undefined {
  const before = lead === undefined ? start : neighbour(text, start, -1);
  const after = trail === undefined ? end - 1 : neighbour(text, end - 1, 1);
  const [isLead, isTrail] = [lead === undefined || has(lead, text[before]), trail === undefined || has(trail, text[after])];
  if (!(isLead && isTrail) && middle.length < leastOfCut) return undefined;
  return [isLead ? before : start, isTrail ? after + 1 : end];
}

const has = (some: string, char: string | undefined): boolean => char !== undefined && some.includes(char);

function neighbour(text: string, from: number, step: 1 | -1): number {
  let at = from + step;
  while (at >= 0 && at < text.length && skips(text, at)) at += step;
  return at;
}
