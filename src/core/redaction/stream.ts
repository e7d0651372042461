import type { Span } from './escapes.ts';
import { longestKey } from './key-formats.ts';
import { mark } from './mark.ts';

export interface RedactionStream {
  /** What may leave by now: less than came in, because the end may be the beginning of a secret. */
  push(text: string): string;
  /** The rest. */
  end(): string;
}

export interface StreamParts {
  /** In order and apart. */
  spans: (text: string) => Span[];
  /** Characters that a secret may take up, however it is written. */
  longest: () => number;
}

/** White space between the characters of a secret takes room as well. */
const room = 4_096;
const batch = 65_536;

export function createStream({ spans, longest }: StreamParts): RedactionStream {
  let held = '';
  const release = (text: string, upTo: number): string => {
    let clean = '';
    let from = 0;
    for (const [start, end] of spans(text)) {
      if (start >= upTo) break;
      clean += text.slice(from, start) + mark;
      from = end;
    }
    const cut = Math.max(from, upTo);
    held = text.slice(cut);
    return clean + text.slice(from, cut);
  };
  return {
    push: (text) => {
      held += text;
      const kept = Math.max(longestKey, longest()) + room;
      return held.length < kept + batch ? '' : release(held, held.length - kept);
    },
    end: () => release(held, held.length),
  };
}
