import { ToolError } from '../../core/errors.ts';
import type { SecretUse } from '../../core/secret.ts';
import type { SecretRecord } from './vault-content.ts';

/** `api.example.com`, `*.example.com` (not example.com itself), each with `:port` where only that port is meant. */
export const hostPattern = /^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$|^\[[0-9a-f:]+\](:\d{1,5})?$/;

/** Throws `denied` where the secret's rule does not allow this use. */
export function checkUse(name: string, { tools, hosts }: SecretRecord, { tool, host }: SecretUse): void {
  if (tools && !tools.includes(tool)) throw refused(name, `${tool} may not use it, only ${tools.join(', ')}`);
  if (!hosts) return;
  if (host === undefined) throw refused(name, `it may go to ${hosts.join(', ')} only, and ${tool} cannot say where it goes`);
  if (!hosts.some((pattern) => fits(pattern, host))) throw refused(name, `it may go to ${hosts.join(', ')} only, not to ${host}`);
}

function fits(pattern: string, host: string): boolean {
  const [wanted, wantedPort] = split(pattern);
  const [found, port] = split(host.toLowerCase());
  if (wantedPort !== undefined && wantedPort !== port) return false;
  return wanted.startsWith('*.') ? found.endsWith(wanted.slice(1)) && found.length > wanted.length - 1 : found === wanted;
}

function split(host: string): [name: string, port: string | undefined] {
  const [, name = host, port] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  // A trailing dot only says that the name is complete.
  return [name.replace(/\.$/, ''), port];
}

const refused = (name: string, why: string): ToolError =>
  new ToolError('denied', `The rule of the secret "${name}" forbids this: ${why}.`, {
    hint: `The owner changes it with: claw vault set ${name} --tools … --hosts …`,
  });
