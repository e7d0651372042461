import { appendFileSync, closeSync, fsyncSync, openSync, readFileSync } from 'node:fs';
import { hostWord, judgeHostKey, keyType, knownTypes, readKnownHosts, type HostKeyVerdict, type KnownKey } from './known-hosts.ts';
import { stampOf } from '../../core/yaml-file.ts';

/** What host keys are believed: those of OpenSSH, which are only read, and those in claw's own file. */
export interface Trust {
  judge(host: { hostname: string; port: number; key: Buffer }): HostKeyVerdict;
  /** Types to ask for first. */
  types(host: { hostname: string; port: number }): string[];
  /** Adds to claw's own file. */
  believe(host: { hostname: string; port: number; key: Buffer }): void;
}

export function createTrust({ own, others }: { own: string; others: string[] }): Trust {
  const kept = new Map<string, { stamp: string; keys: KnownKey[] }>();
  const keysOf = (file: string): KnownKey[] => {
    const stamp = stampOf(file);
    const known = kept.get(file);
    if (known?.stamp === stamp) return known.keys;
    const keys = readKnownHosts(file);
    kept.set(file, { stamp, keys });
    return keys;
  };
  const all = (): KnownKey[] => [own, ...others].flatMap(keysOf);
  return {
    judge: (host) => judgeHostKey(all(), host),
    types: ({ hostname, port }) => knownTypes(all(), hostname, port),
    believe: ({ hostname, port, key }) => {
      const line = `${hostWord(hostname, port)} ${keyType(key)} ${key.toString('base64')}\n`;
      if (!endsWithLine(own)) appendFileSync(own, '\n');
      const descriptor = openSync(own, 'a', 0o600);
      try {
        appendFileSync(descriptor, line);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    },
  };
}

function endsWithLine(file: string): boolean {
  if (stampOf(file) === '') return true;
  const text = readFileSync(file, 'utf8');
  return text === '' || text.endsWith('\n');
}
