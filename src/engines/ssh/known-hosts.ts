import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';

/**
 * The format of sshd(8), SSH_KNOWN_HOSTS FILE FORMAT: `[@marker] hosts type base64-key [comment]`, where hosts are patterns
 * with commas, or one hashed name `|1|salt|HMAC-SHA1`; a port other than 22 is written `[host]:port`.
 */
export interface KnownKey {
  marker: '' | 'revoked' | 'cert-authority';
  hosts: string;
  /** As ssh-ed25519. */
  type: string;
  /** The public key as it goes over the wire. */
  key: Buffer;
}

export type HostKeyVerdict = 'known' | 'unknown' | 'changed' | 'revoked';

export function readKnownHosts(file: string): KnownKey[] {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap(parseLine);
}

function parseLine(line: string): KnownKey[] {
  const words = line.trim().split(/\s+/);
  const marker = words[0]?.startsWith('@') ? words.shift()!.slice(1) : '';
  const [hosts = '', type = '', encoded = ''] = words;
  if (hosts === '' || hosts.startsWith('#') || encoded === '' || !/^(?:revoked|cert-authority)?$/.test(marker)) return [];
  return [{ marker: marker as KnownKey['marker'], hosts, type, key: Buffer.from(encoded, 'base64') }];
}

/** As it is written in the file: `nas`, or `[nas]:2222`. */
export const hostWord = (hostname: string, port: number): string => (port === 22 ? hostname : `[${hostname}]:${port}`).toLowerCase();

/** Keys of a certificate authority are not understood, so they never make a host known. */
export function judgeHostKey(known: KnownKey[], { hostname, port, key }: { hostname: string; port: number; key: Buffer }): HostKeyVerdict {
  const word = hostWord(hostname, port);
  const same = (one: KnownKey): boolean => one.key.equals(key);
  if (known.some((one) => one.marker === 'revoked' && same(one) && matches(one.hosts, word))) return 'revoked';
  const mine = known.filter(({ marker, hosts }) => marker === '' && matches(hosts, word));
  if (mine.some(same)) return 'known';
  // A host may have keys of several types; another of the same type is another host.
  return mine.length === 0 ? 'unknown' : 'changed';
}

/** Types of which a key is known: they are asked for first, so that a host with several is recognised. */
export const knownTypes = (known: KnownKey[], hostname: string, port: number): string[] => [
  ...new Set(known.filter(({ marker, hosts }) => marker === '' && matches(hosts, hostWord(hostname, port))).map(({ type }) => type)),
];

function matches(hosts: string, word: string): boolean {
  if (hosts.startsWith('|1|')) return matchesHash(hosts, word);
  const patterns = hosts.toLowerCase().split(',');
  const hit = (pattern: string): boolean => wildcard(pattern).test(word);
  return !patterns.some((one) => one.startsWith('!') && hit(one.slice(1))) && patterns.some((one) => !one.startsWith('!') && hit(one));
}

function matchesHash(hosts: string, word: string): boolean {
  const [, , salt = '', hash = ''] = hosts.split('|');
  const expected = Buffer.from(hash, 'base64');
  const found = createHmac('sha1', Buffer.from(salt, 'base64')).update(word).digest();
  return expected.length === found.length && timingSafeEqual(expected, found);
}

const wildcard = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );

/** As ssh-keygen -l shows it: SHA256:… without padding. */
export const fingerprintOf = (key: Buffer): string => `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

/** The type that a public key says of itself: a length in four bytes, and the name (RFC 4253, 6.6). */
export function keyType(key: Buffer): string {
  const length = key.length >= 4 ? key.readUInt32BE(0) : 0;
  return key.subarray(4, 4 + length).toString('latin1');
}
