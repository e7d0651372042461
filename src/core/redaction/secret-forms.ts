import { unescaped } from './escapes.ts';
import { withoutGaps } from './gaps.ts';

/** One spelling of a secret, as the search compares it: without white space. */
export interface Form {
  text: string;
  /** Base64 only: the character before and the one after carry some of the secret's bits; these are what they can be. */
  lead?: string;
  trail?: string;
}

const shortestForm = 4;
/** From this length on the lines of a longer secret are secrets of their own, and so is a secret in lower or upper case. */
const shortestPart = 12;
/** Nobody puts a key file into an address. */
const longestInUrl = 300;

/** Every spelling under which a value may leave: plain, base64 (RFC 4648, 4 and 5), hex, bytes in decimal, form (WHATWG URL, 5). Escapes are undone in the text. */
export function formsOf(secret: string): Form[] {
  const forms = new Map<string, Form>();
  const add = (form: Form): void => {
    const text = withoutGaps(form.text);
    if (text.length >= shortestForm) forms.set(`${text} ${form.lead} ${form.trail}`, { ...form, text });
  };
  for (const value of spellings(secret)) {
    add({ text: value });
    add({ text: value.replaceAll(' ', '+') });
    // At the end of a line a backslash is taken for one that continues it.
    add({ text: value.replaceAll('\\', '') });
    // As host names and header names are written.
    if (value.length >= shortestPart) for (const text of [value.toLowerCase(), value.toUpperCase()]) add({ text });
    for (const text of inQuotes(value)) add({ text });
    for (const text of misread(value)) add({ text });
    for (const bytes of bytesOf(value)) for (const form of byteForms(bytes)) add(form);
    for (const written of writings(value)) for (const form of base64Forms(Buffer.from(written))) add(form);
  }
  return [...forms.values()];
}

/** What a program may have put around or into a value before it encoded it. */
const writings = (value: string): Set<string> =>
  new Set([value, inJson(value), value.replace(/\r?\n/g, '\r\n'), ...(value.length <= longestInUrl ? [inUrl(value)] : [])]);

function spellings(secret: string): Set<string> {
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  const whole = [secret.trim(), ...(lines.length > 1 ? lines.filter(isOwnSecret) : [])];
  const composed = whole.flatMap((value) => [value, value.normalize('NFC'), value.normalize('NFD')]);
  // A value that looks like an escape is undone together with the text around it.
  return new Set(composed.flatMap((value) => [value, unescaped(value)?.text ?? value]));
}

// The frame of a PEM block (RFC 7468) is no secret.
const isOwnSecret = (line: string): boolean => line.length >= shortestPart && !/^-----(BEGIN|END) /.test(line);

const inJson = (value: string): string => JSON.stringify(value).slice(1, -1);

const inUrl = (value: string): string => encodeURIComponent(value.toWellFormed());

/** As a shell (`export -p`), YAML, SQL and CSV write a text that has quotes in it. */
const inQuotes = (value: string): string[] => [`'\\''`, `''`].map((two) => value.replaceAll("'", two)).concat(value.replaceAll('"', '""'));

/** UTF-8 that was taken for Latin-1, as in a header of HTTP, and the reverse, as in a file that was taken for UTF-8. */
const misread = (value: string): string[] => [Buffer.from(value).toString('latin1'), ...latin1Of(value).map((bytes) => bytes.toString())];

const latin1Of = (value: string): Buffer[] => (/^[\0-\xff]*$/.test(value) ? [Buffer.from(value, 'latin1')] : []);

/** In the encodings in which programs keep texts; PowerShell passes commands as UTF-16. */
const bytesOf = (value: string): Buffer[] => [Buffer.from(value), ...latin1Of(value), Buffer.from(value, 'utf16le')];

const byteForms = (bytes: Buffer): Form[] => [...hexForms(bytes), ...base64Forms(bytes), { text: bytes.join(',') }];

function hexForms(bytes: Buffer): Form[] {
  const pairs = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
  const lower = [pairs.join(''), pairs.join(':'), pairs.join('-'), pairs.map((pair) => `0x${pair}`).join(',')];
  return lower.flatMap((text) => [{ text }, { text: text.toUpperCase().replaceAll('0X', '0x') }]);
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/**
 * What the bytes look like inside base64 of something longer: one form for each of the three places in a group of three
 * bytes where they can begin, in both alphabets.
 */
function base64Forms(bytes: Buffer): Form[] {
  const forms = [0, 1, 2].map((offset) => base64At(bytes, offset));
  const inOtherAlphabet = (text: string | undefined): string | undefined => text?.replaceAll('+', '-').replaceAll('/', '_');
  return forms.flatMap((form) => [
    form,
    { text: inOtherAlphabet(form.text)!, lead: inOtherAlphabet(form.lead), trail: inOtherAlphabet(form.trail) },
  ]);
}

function base64At(bytes: Buffer, offset: number): Form {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replaceAll('=', '');
  const unknownBits = (offset * 8) % 6;
  const first = Math.ceil((offset * 8) / 6);
  const knownAtEnd = ((offset + bytes.length) * 8) % 6;
  const text = encoded.slice(first, knownAtEnd === 0 ? undefined : -1);
  const form: Form = { text };
  if (unknownBits > 0) form.lead = sharing(encoded[first - 1]!, (1 << (6 - unknownBits)) - 1);
  if (knownAtEnd > 0) form.trail = sharing(encoded.at(-1)!, 63 & ~((1 << (6 - knownAtEnd)) - 1));
  return form;
}

/** The characters whose bits under the mask are those of `char`. */
function sharing(char: string, mask: number): string {
  const bits = alphabet.indexOf(char) & mask;
  return Array.from(alphabet)
    .filter((_, index) => (index & mask) === bits)
    .join('');
}
