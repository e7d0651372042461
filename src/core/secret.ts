import { z } from 'zod';
import { ToolError } from './errors.ts';
import { withoutGaps } from './redaction/gaps.ts';
import { isOwnWord } from './redaction/own-words.ts';
import type { Caller, ToolContext } from './tool.ts';

/** A secret of the vault, by name. It stays a reference in records, approvals and hashes; engines open it. */
export interface SecretReference {
  $secret: string;
  /** Put before the value, as `Bearer ` in an authorization header. */
  prefix?: string;
}

/** Text, or the secret that takes its place. */
export type SecretText = string | SecretReference;

/** What a secret is opened for. Its own rule is checked against this, and the audit row says it. */
export interface SecretUse {
  tool: string;
  /** Where the value goes, as `host` or `host:port`; absent where no host is known. */
  host?: string;
  callId: string;
  caller: Caller;
  runId?: string;
}

/** Opens a secret for one use. Throws `not_found`, `denied` by the secret's rule, or what is wrong with the vault. */
export type OpenSecret = (name: string, use: SecretUse) => Promise<string>;

export const secretName = z.string().regex(/^[A-Za-z_][\w.-]{0,63}$/, 'is letters, digits, dots, dashes and underscores, as github-token');

const reference = z.strictObject({ $secret: secretName, prefix: z.string().max(200).optional() });

/**
 * Text of at most `longest` characters or `{"$secret": name, prefix?}`. Published as `{"type": ["string", "object"]}`:
 * a union would cost an `anyOf` with both branches in every tool that takes one.
 */
export function secretText(longest: number): z.ZodType<SecretText> {
  const fits = (value: unknown): boolean => (typeof value === 'string' ? value.length <= longest : reference.safeParse(value).success);
  const schema = z.unknown().refine(fits, `is text of at most ${longest} characters or {"$secret": name}`);
  // The check above is what makes it true; zod cannot see it.
  return schema.meta({ type: ['string', 'object'] }) as unknown as z.ZodType<SecretText>;
}

export const isSecret = (text: SecretText | undefined): text is SecretReference => typeof text === 'object';

/** The text itself, a secret opened. */
export async function openText(text: SecretText, secret: OpenSecret, use: SecretUse): Promise<string> {
  return isSecret(text) ? `${text.prefix ?? ''}${await secret(text.$secret, use)}` : text;
}

/** What a tool says of the call for which its engine may open secrets. */
export const useBy = (tool: string, { callId, caller, runId }: ToolContext): SecretUse => ({ tool, callId, caller, runId });

export const shortestSecret = 4;
export const longestSecret = 65_536;

/** Throws `invalid_input` for a value that the redactor would refuse: it could not be taken out of outputs without ruining them. */
export function refuseUnhideable(value: string): void {
  if (withoutGaps(value).length < shortestSecret)
    throw unhideable(`A secret has at least ${shortestSecret} characters`, 'A shorter one cannot be told from ordinary text.');
  if (value.length > longestSecret) throw unhideable(`A secret has at most ${longestSecret} characters`, 'Keep a file where it is.');
  if (isOwnWord(value.trim())) throw unhideable('This value is one of the words that claw itself uses', 'Choose another value.');
}

/** Whether the redactor takes it. */
export function isHideable(value: string): boolean {
  try {
    refuseUnhideable(value);
    return true;
  } catch {
    return false;
  }
}

const unhideable = (what: string, hint: string): ToolError => new ToolError('invalid_input', `${what}.`, { hint });
