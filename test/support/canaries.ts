import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A generator with a fixed seed (mulberry32): the same canaries in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const plain = Array.from('ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789');
const awkward = Array.from('"\\/<>&\'%+=@:;{}[]()|~^`#?!$*,._- ');
const wide = Array.from('äöüßéèñçøłđжщюλωאשعمकख日本語한글€😀🔑\u0301');

export interface Canary {
  kind: 'short' | 'long' | 'awkward' | 'unicode' | 'lines';
  value: string;
}

/** `count` secrets, one in five of each kind. */
export function canaries(count: number, seed: number): Canary[] {
  const random = seeded(seed);
  const word = (letters: string[], length: number): string =>
    Array.from({ length }, () => letters[Math.floor(random() * letters.length)]).join('');
  const make: Record<Canary['kind'], () => string> = {
    short: () => word(plain, 7),
    long: () => word(plain, 120),
    awkward: () => `q${word([...plain, ...awkward, ...awkward], 24)}Z`,
    unicode: () => word([...plain.slice(0, 8), ...wide], 16),
    lines: () => Array.from({ length: 5 }, () => word(plain, 40)).join('\n'),
  };
  const kinds = Object.keys(make) as Canary['kind'][];
  return Array.from({ length: count }, (_, index) => {
    const kind = kinds[index % kinds.length]!;
    return { kind, value: make[kind]() };
  });
}

const inHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
const wrapped = (text: string, width: number, end = '\n'): string => text.replace(new RegExp(`(.{${width}})`, 'gsu'), `$1${end}`);

/** As a program, a server or a person may write a secret, each a whole text with something around it. */
export const encodings: Record<string, (secret: string) => string> = {
  'as it is': (secret) => `token=${secret};`,
  'as JSON': (secret) => JSON.stringify({ password: secret }),
  'as JSON in JSON': (secret) => JSON.stringify({ body: JSON.stringify({ password: secret }) }),
  'as JSON with escaped slashes': (secret) => JSON.stringify(secret).replaceAll('/', '\\/'),
  'as \\u escapes': (secret) => secret.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'as base64': (secret) => Buffer.from(secret).toString('base64'),
  'as base64 after one byte': (secret) => Buffer.from(`x${secret}y`).toString('base64'),
  'as base64 after two bytes': (secret) => Buffer.from(`u:${secret}`).toString('base64'),
  'as base64url': (secret) => Buffer.from(`user:${secret}`).toString('base64url'),
  'as base64 in lines of 76': (secret) => wrapped(Buffer.from(`${'-'.repeat(70)}${secret}`).toString('base64'), 76),
  'as base64 of JSON': (secret) => Buffer.from(JSON.stringify({ a: 1, secret })).toString('base64'),
  'as base64 of base64, as container tools keep it': (secret) =>
    Buffer.from(JSON.stringify({ auth: Buffer.from(`user:${secret}`).toString('base64') })).toString('base64'),
  'as base64 of escapes': (secret) => Buffer.from(`<p>token: ${inHtml(secret)}</p>`).toString('base64'),
  'as hex': (secret) => Buffer.from(secret).toString('hex'),
  'as HEX with colons': (secret) =>
    Buffer.from(secret)
      .toString('hex')
      .toUpperCase()
      .replace(/(..)(?=.)/g, '$1:'),
  'as hex with blanks': (secret) => Buffer.from(secret).toString('hex').replace(/(..)/g, '$1 '),
  'as URL part': (secret) => `https://example.com/?key=${encodeURIComponent(secret.toWellFormed())}&x=1`,
  'as URL part in lower case': (secret) => encodeURIComponent(secret.toWellFormed()).replace(/%../g, (code) => code.toLowerCase()),
  'as form': (secret) => new URLSearchParams({ key: secret }).toString(),
  'as HTML': (secret) => `<p>${inHtml(secret)}</p>`,
  'cut into lines': (secret) => `begin ${wrapped(secret, 5)} end`,
  'cut into lines with CR LF': (secret) => wrapped(secret, 9, '\r\n'),
  'cut by continuations': (secret) => wrapped(secret, 6, '\\\n'),
  'as a dump of hexdump -C': (secret) => dump(Buffer.from(`xxxxxxxxxxx${secret}`)),
  'in NFC': (secret) => secret.normalize('NFC'),
  'in NFD': (secret) => secret.normalize('NFD'),
};

function dump(bytes: Buffer): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const hex = [...row].map((byte, index) => byte.toString(16).padStart(2, '0') + (index === 7 ? ' ' : '')).join(' ');
    const gutter = [...row].map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(49)} |${gutter}|`);
  }
  return lines.join('\n');
}

/**
 * What must stand nowhere: the secret, its lines, and the middle of its encodings. Written apart from the product's own
 * list of forms, so that both are not wrong in the same way.
 */
export function traces(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const base64 = [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset, 97), bytes]).toString('base64');
    const core = text.slice(offset === 0 ? 0 : 4, text.length - (text.length % 4 === 0 ? 4 : 0));
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const lines = secret.includes('\n') ? secret.split('\n') : [];
  const escaped = JSON.stringify(secret).slice(1, -1);
  return [
    ...new Set([secret, ...lines, escaped, encodeURIComponent(secret.toWellFormed()), inHtml(secret), hex, hex.toUpperCase(), ...base64]),
  ].filter((trace) => trace.length >= 7);
}

/** The text without white space, so that what is split over lines is found as well. */
export const squeezed = (text: string): string => text.replaceAll(/\s|\\n|\\r/g, '');

export interface Leak {
  where: string;
  kind: string;
  trace: string;
}

/** Searches texts for any trace of any canary. */
export function leaks(texts: Record<string, string>, secrets: Canary[]): Leak[] {
  const found: Leak[] = [];
  for (const [where, text] of Object.entries(texts)) {
    const flat = squeezed(text);
    for (const { kind, value } of secrets) {
      const trace = traces(value).find((one) => text.includes(one) || flat.includes(squeezed(one)));
      if (trace !== undefined) found.push({ where, kind, trace });
    }
  }
  return found;
}

/** Every file below a folder by its raw bytes, as UTF-8 and as Latin-1 so that nothing binary hides it. */
export function bytesBelow(folder: string, except: string[] = []): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const kept = files.filter((file) => !except.includes(path.relative(folder, file).split(path.sep)[0]!));
  return Object.fromEntries(kept.map((file) => [path.relative(folder, file), readFileSync(file).toString('utf8')]));
}
