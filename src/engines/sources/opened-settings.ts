import { ToolError } from '../../core/errors.ts';
import { isHideable, openText, type OpenSecret, type SecretText, type SecretUse } from '../../core/secret.ts';
import type { SourceSettings } from '../../core/source-settings.ts';
import type { Redactor } from '../../core/redact.ts';
import type { Sandbox } from '../shell/sandbox.ts';
import { ChildTransport, type ChildSpec } from './child-transport.ts';

/** A server's settings with variables and secrets put in: to be used, never to be kept. */
export type Opened =
  | { kind: 'child'; Transport: typeof ChildTransport; spec: Omit<ChildSpec, 'mark' | 'onNote'> }
  | { kind: 'http' | 'sse'; url: URL; headers: Record<string, string> };

export interface OpeningParts {
  /** Where ${VAR} comes from, and PATH and HOME. */
  env: Record<string, string | undefined>;
  secret: OpenSecret;
  redactor: Pick<Redactor, 'add'>;
  sandbox: Sandbox;
  /** Where a server starts that has no folder of its own. */
  folder: string;
}

/** Throws `bad_config` for a variable that is not set, and what the vault throws. */
export async function openSettings(name: string, settings: SourceSettings, use: SecretUse, parts: OpeningParts): Promise<Opened> {
  const expand = (text: string): string => expanded(text, { name, ...parts });
  const open = async (texts: Record<string, SecretText> = {}, host?: string): Promise<Record<string, string>> => {
    const pairs = Object.entries(texts).map(async ([key, text]): Promise<[string, string]> => [
      key,
      typeof text === 'string' ? expand(text) : await openText(text, parts.secret, { ...use, ...(host !== undefined && { host }) }),
    ]);
    return Object.fromEntries(await Promise.all(pairs));
  };
  if (settings.url !== undefined) {
    const url = URL.parse(expand(settings.url));
    if (!url) throw new ToolError('bad_config', `The url of ${name} is none once its variables are put in.`, { hint: 'See mcp.json.' });
    return { kind: settings.type === 'sse' ? 'sse' : 'http', url, headers: await open(settings.headers, url.host) };
  }
  const argv = [settings.command ?? '', ...(settings.args ?? [])].map(expand);
  const cwd = expand(settings.cwd ?? parts.folder);
  const base = Object.fromEntries(['PATH', 'HOME'].flatMap((key) => (parts.env[key] === undefined ? [] : [[key, parts.env[key]]])));
  const env = { ...base, ...(await open(settings.env)) };
  if (!isConfined(name, settings, parts.sandbox)) return { kind: 'child', Transport: ChildTransport, spec: { argv, env, cwd } };
  const wrapped = parts.sandbox.wrap(argv, env, { guard: 'present', cwd });
  return { kind: 'child', Transport: ChildTransport, spec: { ...wrapped, env: base, cwd } };
}

/** Throws `unavailable` where the settings want a sandbox and none can start here. */
function isConfined(name: string, { claw }: SourceSettings, sandbox: Sandbox): boolean {
  if (claw?.sandbox === false) return false;
  if (sandbox.available()) return true;
  if (claw?.sandbox === undefined) return false;
  throw new ToolError('unavailable', `${name} is to run in a sandbox, and none can start here.`, {
    hint: 'claw doctor says what is missing.',
  });
}

const variable = /\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g;
const isSecretive = /TOKEN|KEY|SECRET|PASS|CREDENTIAL|AUTH/i;

/** `${VAR}` and `${VAR:-otherwise}`, as clients of MCP read them. */
function expanded(text: string, { name, env, redactor }: { name: string } & Pick<OpeningParts, 'env' | 'redactor'>): string {
  return text.replaceAll(variable, (_all, key: string, otherwise: string | undefined) => {
    const value = env[key] ?? otherwise;
    if (value === undefined)
      throw new ToolError('bad_config', `The variable ${key}, which ${name} in mcp.json takes, is not set.`, {
        hint: `Set it, write \${${key}:-otherwise}, or put {"$secret": name} in its place.`,
      });
    if (env[key] !== undefined && isSecretive.test(key) && isHideable(value)) redactor.add(value);
    return value;
  });
}
