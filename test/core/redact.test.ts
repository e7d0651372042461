import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor, type Redactor } from '../../src/core/redact.ts';
import { carriesMark, mark } from '../../src/core/redaction/mark.ts';
import { canaries, encodings, leaks } from '../support/canaries.ts';

const seed = 20_261_124;
const secrets = canaries(20, seed);

function knowing(...values: string[]): Redactor {
  const redactor = createRedactor();
  for (const value of values) redactor.add(value);
  return redactor;
}

describe.for(Object.entries(encodings))('%s', ([, encode]) => {
  test.for(secrets)('a secret of kind $kind is gone', ({ kind, value }) => {
    const clean = knowing(value).text(`before ${encode(value)} after`);
    expect(clean).toContain(mark);
    expect(clean).toMatch(/^before [^]* after$/);
    expect(leaks({ text: clean }, [{ kind, value }])).toEqual([]);
  });
});

test('text without a secret comes back as it is, also the very object', () => {
  const redactor = knowing(...secrets.map(({ value }) => value));
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(redactor.value(value)).toBe(value);
    }),
    { seed, numRuns: 500 },
  );
});

test('only the secret goes: what stands around it stays', () => {
  const redactor = knowing('hunter2');
  expect(redactor.text('user=anna password=hunter2 port=5432')).toBe(`user=anna password=${mark} port=5432`);
  expect(redactor.text('{"a":"hunter2"}')).toBe(`{"a":"${mark}"}`);
  expect(redactor.text('http://h/?p=%68unter2&q=1')).toBe(`http://h/?p=${mark}&q=1`);
  expect(redactor.text('hunter3 hunte r hunter')).toBe('hunter3 hunte r hunter');
});

test('base64 that shares only part of its bits is left alone', () => {
  const redactor = knowing('pass');
  const other = Buffer.from('xpasR').toString('base64');
  expect(redactor.text(other)).toBe(other);
  expect(redactor.text(Buffer.from('xpassR').toString('base64'))).toContain(mark);
});

test('secrets side by side and inside each other leave nothing behind', () => {
  const redactor = knowing('alpha-one', 'one-omega', 'lpha');
  expect(redactor.text('alpha-one-omega')).toBe(mark);
  expect(redactor.text('alpha-onealpha-one')).toBe(mark);
});

test('a secret of which the end was cut off is still taken out', () => {
  const { value } = secrets.find(({ kind }) => kind === 'long')!;
  expect(knowing(value).text(`a ${value.slice(0, 90)}… and more`)).toBe(`a ${mark}… and more`);
  expect(knowing(value).text(`a ${value.slice(0, 14)}`)).toBe(`a ${mark}`);
});

test('a long line of a secret is one by itself, the frame of a PEM block is not', () => {
  const redactor = knowing('-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIBkg4LVWM9nuwNSk3yByxZpYRTBnVJk5\nshort\n-----END EC PRIVATE KEY-----');
  expect(redactor.text('x MHcCAQEEIBkg4LVWM9nuwNSk3yByxZpYRTBnVJk5 y')).toBe(`x ${mark} y`);
  expect(redactor.text('-----BEGIN EC PRIVATE KEY----- begins it, short ends it')).not.toContain(mark);
});

test('keys of an object are redacted, numbers and flags stay', () => {
  const value = { 'key hunter2': [1, true, null, { deep: 'hunter2' }] };
  expect(knowing('hunter2').value(value)).toEqual({ [`key ${mark}`]: [1, true, null, { deep: mark }] });
});

test('fewer than four visible characters are refused, and so are words that every result has', () => {
  for (const value of ['abc', '', 'a b\nc', '    ', 'owner', 'Fail', ' done\n'])
    expect(() => createRedactor().add(value)).toThrow(RangeError);
  expect(knowing('a1b2').text('xa1b2x')).toBe(`x${mark}x`);
});

test('a long secret is found in lower and upper case, a short one only as it is', () => {
  const redactor = knowing('Tr0ub4dor-And-3', 'Sunshine');
  expect(redactor.text('http://tr0ub4dor-and-3.lan TR0UB4DOR-AND-3 sunshine')).toBe(`http://${mark}.lan ${mark} sunshine`);
});

test('very many secrets in one text are no trouble', () => {
  const text = 'a hunter2 \\u0068unter2 '.repeat(200_000);
  expect(knowing('hunter2').text(text).split(mark).length).toBe(400_001);
});

test('a stream cut anywhere gives what the whole text would', () => {
  const redactor = knowing(...secrets.map(({ value }) => value), 'x'.repeat(9_000));
  const parts = secrets.map(({ value }, index) => `${'line of output\n'.repeat(index * 800)}${Object.values(encodings)[index]!(value)}\n`);
  const whole = parts.join('');
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 5, maxLength: 30 }), (sizes) => {
      const stream = redactor.stream();
      let clean = '';
      let at = 0;
      for (const size of sizes) clean += stream.push(whole.slice(at, (at += size)));
      clean += stream.push(whole.slice(at)) + stream.end();
      expect(leaks({ clean }, secrets)).toEqual([]);
      expect(clean.length).toBe(redactor.text(whole).length);
    }),
    { seed, numRuns: 12 },
  );
});

const letters = (count: number): string => 'aB3dE5gH7jK9mN'.repeat(20).slice(0, count);
const pem = `-----BEGIN OPENSSH PRIVATE KEY-----\n${letters(60)}\n-----END OPENSSH PRIVATE KEY-----`;

test.for([
  ['AWS', 'AKIAIOSFODNN7EXAMPLE'.replace('0', 'O')],
  ['GitHub', `ghp_${letters(36)}`],
  ['GitHub, fine-grained', `github_pat_${letters(22)}_${letters(59)}`],
  ['Anthropic', `sk-ant-api03-${letters(93)}-${letters(6)}AA`],
  ['OpenAI', `sk-proj-${letters(48)}`],
  ['Slack', `xoxb-123456789012-1234567890123-${letters(24)}`],
  ['Telegram', `110201543:AA${letters(33)}`],
  ['Google', `AIza${letters(35)}`],
  ['Stripe', `sk_live_${letters(24)}`],
  ['PEM', pem],
  ['JWT', `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.${letters(43)}`],
  ['age', `AGE-SECRET-KEY-1${'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L'.repeat(2).slice(0, 58)}`],
])('a key of %s is known by its looks, plain and in JSON', ([, key]) => {
  const redactor = createRedactor();
  expect(redactor.text(`key: ${key} end`)).toBe(`key: ${mark} end`);
  expect(redactor.value({ body: JSON.stringify({ key }) })).toEqual({ body: `{"key":"${mark}"}` });
});

test('of a web address with a password in it, as of a git remote, that alone is taken out', () => {
  const remote = (password: string): string => `origin\thttps://anna:${password}@git.example.com/a/b.git (fetch)`;
  expect(createRedactor().text(remote('glpat-4711abcdefgh'))).toBe(remote(mark));
  expect(createRedactor().text(`https://${'x'.repeat(200_000)}`)).toHaveLength(200_008);
});

test.for([
  'skeleton-key-of-the-house',
  'AKIA-is-a-prefix',
  'ghp_short',
  'eyJ.eyJ.x',
  'at 12:AA',
  '12345:A-b',
  'sk-ant-hill',
  'PRIVATE KEY',
  'https://user:password@example.com/',
  'https://${USER}:${TOKEN_2}@example.com/',
  'http://127.0.0.1:8200/@scope/name',
  'https://example.com:8443/a?b=c@d1',
])('what only resembles a key stays: %s', (text) => {
  expect(createRedactor().text(`see ${text} there`)).toBe(`see ${text} there`);
});

test('the mark is recognised however it was copied', () => {
  const copied = Object.entries(encodings).filter(([name]) => !/dump|base64 of (?:base64|escapes)/.test(name));
  for (const [, encode] of copied) expect(carriesMark(encode(mark))).toBe(true);
  expect(carriesMark('[REDACTED] as people write it')).toBe(false);
});

const octal = (text: string): string => Array.from(Buffer.from(text), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');

test.for<[string, string, (secret: string) => string]>([
  ['JavaScript with braces', 'Zq7pLm93é🔑', (secret) => Array.from(secret, (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`).join('')],
  ['octal, as C and Git have it', 'Zq7pLm93é🔑', octal],
  ['HTML with zeros in front', 'Zq7pLm93🔑', (secret) => Array.from(secret, (one) => `&#00${one.codePointAt(0)};`).join('')],
  ['colours between the letters', 'Zq7pLm93', (secret) => Array.from(secret, (one) => `\u001b[01;31m${one}\u001b[m`).join('')],
  ['colours, in JSON', 'Zq7pLm93', (secret) => JSON.stringify(Array.from(secret, (one) => `\u001b[31m${one}\u001b[0m`).join(''))],
  ['the quotes of a shell', "it's-Zq7pL", (secret) => `'${secret.replaceAll("'", "'\\''")}'`],
  ['the quotes of YAML', "it's-Zq7pL", (secret) => `'${secret.replaceAll("'", "''")}'`],
  ['the quotes of CSV', 'say"Zq7pL', (secret) => `"${secret.replaceAll('"', '""')}"`],
  ['UTF-8 taken for Latin-1', 'pässwörtLücke', (secret) => Buffer.from(secret).toString('latin1')],
  ['Latin-1 taken for UTF-8', 'pässwörtLücke', (secret) => Buffer.from(secret, 'latin1').toString()],
  ['Latin-1 in base64', 'pässwörtLücke', (secret) => Buffer.from(`x${secret}`, 'latin1').toString('base64')],
  ['UTF-16 in base64, as PowerShell takes commands', 'Zq7pLm93', (secret) => Buffer.from(`$p=${secret}`, 'utf16le').toString('base64')],
  ['the bytes of a buffer in JSON', 'Zq7pLm93é', (secret) => JSON.stringify(Buffer.from(secret))],
])('a secret does not leave in %s', ([, secret, encode]) => {
  const redactor = createRedactor();
  redactor.add(secret);
  const shown = redactor.text(`before ${encode(secret)} after`);
  expect(shown.replaceAll(/["'{}[\]:,]|type|Buffer|data|\\u001b\S{2,5}m|\u001b\S{1,5}m/g, '')).toMatch(
    /^before .{0,8}REDACTEDclaw.{0,4} after$/,
  );
});
