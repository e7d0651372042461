/** A stretch of a changed text and where it came from. */
export interface Piece {
  /** Where it begins in the changed text. */
  at: number;
  from: number;
  /** Length in the source. A literal piece is as long in both. */
  taken: number;
  isLiteral: boolean;
}

/** A text derived from another, with the way back. */
export interface View {
  text: string;
  pieces: Piece[];
}

export type Span = [start: number, end: number];

const continuation = (prefix: string): string => `${prefix}[89ab][0-9a-f]`;
/** One character of UTF-8 (RFC 3629, 4), each byte written as two hex digits after the prefix. */
const utf8 = (prefix: string): string =>
  [
    `${prefix}[0-7][0-9a-f]`,
    `${prefix}[cd][0-9a-f]${continuation(prefix)}`,
    `${prefix}e[0-9a-f](?:${continuation(prefix)}){2}`,
    `${prefix}f[0-7](?:${continuation(prefix)}){3}`,
  ].join('|');

/** The same in octal, as C, shells and Git write bytes. */
const octal = ['[01][0-7]{2}', '3[0-3][0-7]~', '3[45][0-7]~~', '36[0-7]~~~']
  .map((byte) => `\\\\${byte.replaceAll('~', '\\\\2[0-7]{2}')}`)
  .join('|');

/**
 * Percent (RFC 3986, 2.1), JSON and JavaScript strings (RFC 8259, 7), references of HTML (Living Standard, 13.1.4), octal,
 * and the colours of terminals (ECMA-48, 5.4), which stand for nothing.
 */
const escape = new RegExp(
  [
    utf8('%'),
    utf8('\\\\x'),
    octal,
    '\\\\u[0-9a-f]{4}',
    '\\\\u\\{[0-9a-f]{1,6}\\}',
    '\\\\[bfnrtv0]',
    '\\\\[^0-9a-z\\s]',
    '&#\\d{1,10};',
    '&#x[0-9a-f]{1,8};',
    '&(?:amp|lt|gt|quot|apos|nbsp);',
    '\\u001b\\[[\\d;]*m',
  ].join('|'),
  'gi',
);
const mayHold = /[%\\&\u001b]/;
const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** The text with its escapes undone once; undefined where there are none. */
export function unescaped(text: string): View | undefined {
  if (!mayHold.test(text)) return undefined;
  const pieces: Piece[] = [];
  let changed = '';
  let from = 0;
  for (const { 0: found, index } of text.matchAll(escape)) {
    if (index > from) pieces.push({ at: changed.length, from, taken: index - from, isLiteral: true });
    changed += text.slice(from, index);
    pieces.push({ at: changed.length, from: index, taken: found.length, isLiteral: false });
    changed += meaning(found);
    from = index + found.length;
  }
  if (pieces.length === 0) return undefined;
  pieces.push({ at: changed.length, from, taken: text.length - from, isLiteral: true });
  return { text: changed + text.slice(from), pieces };
}

function meaning(found: string): string {
  const [first, second] = found;
  if (first === '%') return Buffer.from(found.replaceAll('%', ''), 'hex').toString('utf8');
  if (first === '&') return reference(found.slice(1, -1));
  if (second === 'x') return Buffer.from(found.replaceAll(/\\x/gi, ''), 'hex').toString('utf8');
  if (first === '\u001b') return '';
  if (found.length > 3 && second! <= '3') return bytesOf(found).toString('utf8');
  if (second === 'u' && found.length === 6 && found[2] !== '{') return String.fromCharCode(Number.parseInt(found.slice(2), 16));
  if (second === 'u' && found.length > 2) return codePoint(Number.parseInt(found.slice(3, -1), 16));
  return control[second!.toLowerCase()] ?? second!;
}

const bytesOf = (found: string): Buffer => Buffer.from(Array.from(found.matchAll(/[0-7]{3}/g), ([byte]) => Number.parseInt(byte, 8)));

/** The rest are gaps to the search, whichever they are. */
const control: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: ' ', f: ' ', v: ' ', 0: ' ' };

function reference(name: string): string {
  if (!name.startsWith('#')) return named[name.toLowerCase()]!;
  return codePoint(/^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1)));
}

const codePoint = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd');

/** Where a span of the view lies in its source; an escape is in it whole or not at all. */
export function inSource({ pieces }: View, [start, end]: Span): Span {
  const first = pieceAt(pieces, start);
  const last = pieceAt(pieces, end - 1);
  return [
    first.isLiteral ? first.from + start - first.at : first.from,
    last.isLiteral ? last.from + end - last.at : last.from + last.taken,
  ];
}

function pieceAt(pieces: Piece[], at: number): Piece {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (pieces[middle]!.at <= at) low = middle;
    else high = middle - 1;
  }
  return pieces[low]!;
}
