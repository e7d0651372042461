import { ToolError } from '../../core/errors.ts';
import type { SecretRecord, Secrets } from './vault-content.ts';

/** Names come from outside, and `constructor` is no secret. */
export const own = (secrets: Secrets, name: string): SecretRecord | undefined => (Object.hasOwn(secrets, name) ? secrets[name] : undefined);

export const only = (secrets: Secrets, names: string[]): Secrets =>
  Object.fromEntries(Object.entries(secrets).filter(([name]) => names.includes(name)));

export const without = (secrets: Secrets, names: string[]): Secrets =>
  Object.fromEntries(Object.entries(secrets).filter(([name]) => !names.includes(name)));

export const valuesOf = (secrets: Secrets): Record<string, string> =>
  Object.fromEntries(Object.entries(secrets).map(([name, { value }]) => [name, value]));

export function missing(name: string): never {
  throw new ToolError('not_found', `No secret is called ${JSON.stringify(name.slice(0, 64))}.`, { hint: 'vault_list shows the names.' });
}
