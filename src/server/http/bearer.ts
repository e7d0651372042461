import { timingSafeEqual } from 'node:crypto';
import { sha256 } from '../../core/json.ts';

/** Takes as long for a near miss as for a far one. */
export function isToken(header: string | undefined, token: string): boolean {
  const given = /^Bearer ([\w-]+)$/i.exec(header ?? '')?.[1] ?? '';
  return timingSafeEqual(Buffer.from(sha256(given)), Buffer.from(sha256(token)));
}
