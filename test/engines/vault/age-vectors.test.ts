import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { armor, Decrypter } from 'age-encryption';
import * as vectors from 'cctv-age';
import { expect, test } from 'vitest';

/** https://github.com/C2SP/CCTV/tree/main/age: a header of `key: value` lines, an empty line, the age file. */
interface Vector {
  expected: string;
  payload: string | undefined;
  identities: string[];
  passphrases: string[];
  isArmored: boolean;
  file: Buffer;
}

function parse(bytes: Uint8Array): Vector {
  const whole = Buffer.from(bytes);
  const end = whole.indexOf('\n\n');
  const lines = whole.toString('utf8', 0, end).split('\n');
  const all = (key: string): string[] => lines.flatMap((line) => (line.startsWith(`${key}: `) ? line.slice(key.length + 2) : []));
  const rest = whole.subarray(end + 2);
  return {
    expected: all('expect')[0]!,
    payload: all('payload')[0],
    identities: all('identity'),
    passphrases: all('passphrase'),
    isArmored: all('armored')[0] === 'yes',
    file: all('compressed')[0] === 'zlib' ? inflateSync(rest) : rest,
  };
}

/** Whole or not at all, as the vault reads. */
async function decrypt({ file, isArmored, identities, passphrases }: Vector): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  for (const passphrase of passphrases) decrypter.addPassphrase(passphrase);
  return decrypter.decrypt(isArmored ? armor.decode(file.toString('latin1')) : new Uint8Array(file));
}

const every = Object.entries(vectors as unknown as Record<string, Uint8Array>);

test('all 143 official vectors of the age format are here', () => {
  expect(every).toHaveLength(143);
});

test.each(every)('the official age vector %s ends as it must', async (_name, bytes) => {
  const vector = parse(bytes);
  if (vector.expected !== 'success') return expect(decrypt(vector)).rejects.toThrow();
  expect(
    createHash('sha256')
      .update(await decrypt(vector))
      .digest('hex'),
  ).toBe(vector.payload);
});
