import { z } from 'zod';
import { errorCodes, ToolError } from './errors.ts';
import { callers, type Caller } from './tool.ts';

/** What a secret is opened for. Its own rule is checked against this, and the audit row says it. */
export interface SecretUse {
  tool: string;
  /** Where the value goes, as `host` or `host:port`; absent where no host is known. */
  host?: string;
  callId: string;
  caller: Caller;
  runId?: string;
}

export const secretName = z.string().regex(/^[A-Za-z_][\w.-]{0,63}$/, 'is letters, digits, dots, dashes and underscores, as github-token');

export const shortestSecret = 4;
export const longestSecret = 65_536;

const statusWords = 'queued running waiting done unverified stopped declined approved expired used true false null none secret'.split(' ');
const fieldWords = 'read write destructive allow deny name text tool items status input output summary title body path'.split(' ');
/** Removing one of these from every output would leave claw unable to say what happened. */
const ownWords = new Set<string>([...errorCodes, ...callers, ...statusWords, ...fieldWords, 'REDACTED']);

/** Throws `invalid_input` for a value that could not be removed from outputs without ruining them. */
export function refuseUnhideable(value: string): void {
  if (value.length < shortestSecret || value.trim() === '')
    throw unhideable(`A secret has at least ${shortestSecret} characters`, 'A shorter one cannot be told from ordinary text.');
  if (value.length > longestSecret) throw unhideable(`A secret has at most ${longestSecret} characters`, 'Keep a file where it is.');
  if (ownWords.has(value)) throw unhideable('This value is one of the words that claw itself uses', 'Choose another value.');
}

const unhideable = (what: string, hint: string): ToolError => new ToolError('invalid_input', `${what}.`, { hint });
