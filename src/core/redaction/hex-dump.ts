import type { Span } from './escapes.ts';

interface DumpLine {
  start: number;
  end: number;
  /** Hex digits or characters, without the offset and the gutter. */
  body: string;
  /** The characters at the right, where a dump has them. */
  gutter: string;
}

const isDump = /(?:^|[\s"'`(>])[0-9a-f]{6,16}:?[ \t]{1,4}\S/i;
/** The first line may follow other text, as in a value within JSON. */
const line = /^(.*?[\s"'`(>])??([0-9a-f]{6,16}:?[ \t]+)(\S.*)$/gim;
/** What follows the offset: hexdump -C has its gutter between bars, od -z between angles, xxd after two blanks. */
const columns = /^(.*?)[ \t]+(?:\|(.*)\||>(.*)<)|^([0-9a-f]{2,8}(?: [0-9a-f]{2,8})*)[ \t]{2,}(.*)$/i;

/**
 * Blocks of a dump in which a secret is spread over lines, as spans of whole lines. Each column is looked at by itself,
 * because the offsets and the other column stand between.
 */
export function dumpSpans(text: string, holdsSecret: (column: string) => Span[]): Span[] {
  if (!isDump.test(text)) return [];
  return blocksOf(text).flatMap((block) => [
    ...hits(block, (row) => row.body, holdsSecret),
    ...hits(block, (row) => swapped(row.body), holdsSecret),
    ...hits(block, (row) => row.gutter, holdsSecret),
  ]);
}

function blocksOf(text: string): DumpLine[][] {
  const blocks: DumpLine[][] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const match of text.matchAll(line)) {
    const { 1: before = '', 2: offset = '', 3: rest = '', index } = match;
    const [found = rest, body, bars, angles, plainBody, plain] = columns.exec(rest) ?? [];
    const bytes = (body ?? plainBody ?? rest).replaceAll(/[ \t]/g, '');
    const start = index + before.length;
    const row = { start, end: start + offset.length + found.length, body: bytes, gutter: bars ?? angles ?? plain ?? '' };
    if (index <= last + 2) blocks.at(-1)!.push(row);
    else blocks.push([row]);
    last = index + match[0].length;
  }
  return blocks;
}

/** hexdump without -C prints words of two bytes, the low one first. */
const swapped = (body: string): string => (/^(?:[0-9a-f]{4})+$/i.test(body) ? body.replaceAll(/(..)(..)/g, '$2$1') : '');

function hits(block: DumpLine[], columnOf: (row: DumpLine) => string, holdsSecret: (column: string) => Span[]): Span[] {
  const columns = block.map(columnOf);
  const ends: number[] = [];
  for (const column of columns) ends.push((ends.at(-1) ?? 0) + column.length);
  const rowAt = (at: number): DumpLine => block[ends.findIndex((end) => at < end)]!;
  return holdsSecret(columns.join('')).map(([start, end]): Span => [rowAt(start).start, rowAt(end - 1).end]);
}
