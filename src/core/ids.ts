import { randomBytes } from 'node:crypto';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
let lastTime = 0;

/**
 * `run_01jc…`: a prefix, the time in ms as ten characters, ten random ones (50 bits). Ids of one
 * process sort by creation, also when the clock stands still or steps back.
 */
export function newId(prefix: string): string {
  lastTime = Math.max(Date.now(), lastTime + 1);
  let time = '';
  for (let rest = lastTime, i = 0; i < 10; i += 1, rest = Math.floor(rest / 32)) time = alphabet[rest % 32] + time;
  let tail = '';
  for (const byte of randomBytes(10)) tail += alphabet[byte % 32];
  return `${prefix}_${time}${tail}`;
}
