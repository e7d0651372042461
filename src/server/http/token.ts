import { randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { refuseOpen } from '../../core/home.ts';
import { systemCode } from '../../core/errors.ts';
import { sha256 } from '../../core/json.ts';

/** The bearer token of a data folder, made at the first use (32 random bytes). Refused where others can read it. */
export function readToken(file: string): string {
  try {
    writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
  refuseOpen(file, 0o600);
  return readFileSync(file, 'utf8').trim();
}

/** Takes as long for a near miss as for a far one. */
export function isToken(header: string | undefined, token: string): boolean {
  const given = /^Bearer ([\w-]+)$/i.exec(header ?? '')?.[1] ?? '';
  return timingSafeEqual(Buffer.from(sha256(given)), Buffer.from(sha256(token)));
}
