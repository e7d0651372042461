import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { systemCode, ToolError } from './errors.ts';
import { logLevels } from './log.ts';
import { modelNameStarts, providerSettings } from './model-providers.ts';
import { isHideable } from './secret.ts';
import { pathsIn, type Paths } from './config-paths.ts';

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
);
const folders = list.refine((paths) => paths.every((one) => /^[/~]/.test(one)), 'takes full paths, separated by commas');
/** A CIDR block: an address, and how many of its bits count. */
function isRange(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/');
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address) as 0 | 4 | 6];
  return more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= most;
}

const reachable = list.refine(
  (entries) => entries.every((one) => /^(?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5}$/i.test(one) || isRange(one)),
  'takes host:port and CIDR such as 10.0.0.0/8, separated by commas',
);
export const absolute = (text: string): string => path.resolve(text.replace(/^~(?=$|\/)/, homedir()));

interface SettingOptions {
  help: string;
  /** Masked wherever settings are shown. */
  secret?: boolean;
  /** Widens what claw may do, so a `.env` of whatever folder one stands in cannot set it. */
  guarded?: boolean;
  /** Known, and without effect in this version. */
  later?: boolean;
}

const setting = <S extends z.ZodType>(schema: S, options: SettingOptions): SettingOptions & { schema: S } => ({ schema, ...options });

const oneModel = `(?:${modelNameStarts.join('|')})\\/\\S[^,]*`;
const modelPattern = new RegExp(`^$|^none$|^auto$|^\\s*${oneModel}(?:(?:,|→|->)\\s*${oneModel})*$`);
const budgetPattern = /^(?:\s*(?:run|job|chat|day)\s+\d[\d_.]*[km]?\s*(?:token|call|usd|\$|minute)s?\s*(?:,|$))*$/i;
const pricePattern = /^(?:\s*[^\s=,]+=\d+(?:\.\d+)?\/\d+(?:\.\d+)?\s*(?:,|$))*$/;
const modelNames = z
  .string()
  .regex(modelPattern, `is none, auto, or names such as anthropic/ID; they begin with ${modelNameStarts.join(', ')}`);
const model = (role: string): SettingOptions & { schema: z.ZodDefault<typeof modelNames> } =>
  setting(modelNames.default(''), { help: `Models of the role ${role}; CLAW_MODEL if empty`, guarded: true });

/** Every setting, by the environment variable that carries it. */
export const settings = {
  CLAW_HOME: setting(z.string().default('~/.claw').transform(absolute), { help: 'Data folder', guarded: true }),
  CLAW_HOST: setting(
    z
      .string()
      .regex(/^[\w.:[\]-]+$/, 'takes a name or an address')
      .default('127.0.0.1'),
    { help: 'Address the HTTP server listens on', guarded: true },
  ),
  CLAW_ALLOWED_HOSTS: setting(
    list
      .refine(
        (names) => names.every((name) => /^(?:[\w.-]+|\[[\da-f:.]+\])$/i.test(name)),
        'takes names and addresses, separated by commas',
      )
      .default([]),
    { help: 'Names under which the HTTP server may be addressed, besides this machine and CLAW_HOST: nas.lan', guarded: true },
  ),
  CLAW_PORT: setting(z.coerce.number().int().min(0).max(65535).default(8200), { help: 'Port of the HTTP server' }),
  CLAW_FILE_ROOTS: setting(folders.default([]), {
    help: 'Folders where file_* may work, separated by commas; home and the current folder if empty',
    guarded: true,
  }),
  CLAW_HTTP_ALLOW: setting(reachable.default([]), {
    help: 'host:port and CIDR that http_request may reach although private',
    guarded: true,
  }),
  CLAW_AUDIT_EXPORT: setting(
    z
      .string()
      .regex(/^$|^file:\/|^command:\S|^https:\/\/|^http:\/\/(127\.0\.0\.1|localhost)[:/]/, 'is file:/path, command:…, https://… or empty')
      .default(''),
    { help: 'Where signed checkpoints of the audit go: file:/path, command:program words, https://…', guarded: true, secret: true },
  ),
  CLAW_TRUSTED: setting(list.default([]), {
    help: "Hosts and paths whose text counts as the owner's own, separated by commas: docs.example.com, *.lan, /srv/notes",
    guarded: true,
  }),
  CLAW_RETENTION: setting(z.coerce.number().int().min(0).max(36_500).default(90), {
    help: 'Days that ended runs and firings are kept; 0 keeps all',
    guarded: true,
  }),
  CLAW_LOG: setting(z.enum(logLevels).default('warn'), { help: 'Least level of the log on stderr' }),
  CLAW_VAULT_PASSPHRASE: setting(z.string().default(''), {
    help: 'Opens identity.txt; a new one goes behind it',
    secret: true,
    guarded: true,
  }),
  CLAW_MODEL: setting(modelNames.default('none'), {
    help: 'Models, in the order they are asked: anthropic/ID, openai/ID, ollama/ID, claude-cli/ID; or auto, or none',
    guarded: true,
  }),
  CLAW_MODEL_CHAT: model('chat'),
  CLAW_MODEL_PLANNER: model('planner'),
  CLAW_MODEL_EXECUTOR: model('executor'),
  CLAW_MODEL_VERIFIER: model('verifier'),
  CLAW_MODEL_JOB: model('job'),
  CLAW_MODEL_BUDGET: setting(
    z
      .string()
      .regex(budgetPattern, 'is limits such as "run 300k tokens, day 5 USD"')
      .default('run 300k tokens, run 60 calls, day 2m tokens'),
    {
      help: 'Limits of run, job, chat and day in tokens, calls, USD or minutes',
      guarded: true,
    },
  ),
  CLAW_MODEL_PRICES: setting(z.string().regex(pricePattern, 'is prices such as "anthropic/ID=3/15"').default(''), {
    help: 'US dollars for a million tokens in and out, for budgets in USD: anthropic/ID=3/15',
    guarded: true,
  }),
  CLAW_MODEL_TIMEOUT: setting(z.coerce.number().min(0.1).max(3_600).default(120), {
    help: 'Seconds that a model may be silent, before its reply or in the middle of it; then the next is asked',
    guarded: true,
  }),
  ANTHROPIC_API_KEY: setting(z.string().default(''), { help: 'Key of the Anthropic API', secret: true, guarded: true }),
  ANTHROPIC_BASE_URL: setting(z.url({ protocol: /^https?$/ }).default('https://api.anthropic.com'), {
    help: 'Where the Anthropic API is',
    guarded: true,
  }),
  CLAW_EMBEDDINGS: setting(
    z
      .string()
      .regex(/^(?:bundled|none|(?:openai|ollama)\/.+)$/, 'is bundled, none, openai/MODEL or ollama/MODEL')
      .default('bundled'),
    { help: 'What memory is searched by meaning with: bundled, none, openai/MODEL, ollama/MODEL', guarded: true },
  ),
  OPENAI_API_KEY: setting(z.string().default(''), {
    help: 'Key of the OpenAI API, or of a server that speaks it',
    secret: true,
    guarded: true,
  }),
  OPENAI_BASE_URL: setting(z.url({ protocol: /^https?$/ }).default('https://api.openai.com/v1'), {
    help: 'Where the OpenAI API is',
    guarded: true,
  }),
  OLLAMA_HOST: setting(
    z
      .string()
      .transform((text) => (/^https?:/.test(text) ? text : `http://${text}`))
      .pipe(z.url({ protocol: /^https?$/ }))
      .default('http://127.0.0.1:11434'),
    { help: 'Where Ollama is', guarded: true },
  ),
  ...providerSettings,
  CLAW_DATABASE_URL: setting(z.string().default(''), { help: 'PostgreSQL in place of claw.db', secret: true, later: true }),
} satisfies Record<string, SettingOptions & { schema: z.ZodType }>;

export type SettingName = keyof typeof settings;
export type Settings = { [Name in SettingName]: z.output<(typeof settings)[Name]['schema']> };
/** Values of settings that are secrets, and the passwords inside of addresses among them. */
export function secretsIn(values: Settings): string[] {
  const names = (Object.keys(settings) as SettingName[]).filter((name) => (settings[name] as SettingOptions).secret);
  const secrets = names.flatMap((name) => [String(values[name]), URL.parse(String(values[name]))?.password ?? '']);
  return secrets.filter(isHideable);
}

export type SettingSource = 'environment' | 'vault' | '.env' | 'default';

export interface Config {
  values: Settings;
  sources: Record<SettingName, SettingSource>;
  paths: Paths;
}

export interface ConfigSources {
  env: Record<string, string | undefined>;
  /** Where the command was given. */
  cwd: string;
  /** Where claw is installed; its `.env` is the owner's own. */
  root: string;
  vault?: Record<string, string>;
}

type Values = Record<string, string | undefined>;

/** Resolves every setting: environment, vault, `.env`, default. Throws `bad_config` naming the setting. */
export function loadConfig({ env, cwd, root, vault = {} }: ConfigSources): Config {
  const dotEnv = { ...guarded(readDotEnv(cwd), cwd === root), ...readDotEnv(root) };
  const home = absolute(env.CLAW_HOME || dotEnv.CLAW_HOME || '~/.claw');
  const places = { environment: env, vault, '.env': { ...dotEnv, ...readDotEnv(home) } };
  const place = (name: string, source: string): string => (source === '.env' ? dotEnvWith(name, [home, root, cwd]) : source);
  for (const [source, values] of Object.entries(places)) refuseUnknown(values, (name) => place(name, source));
  const values: Record<string, unknown> = {};
  const sources: Record<string, SettingSource> = {};
  for (const [name, { schema }] of Object.entries(settings)) {
    const [raw, source] = firstOf(name, places);
    const parsed = schema.safeParse(raw);
    if (!parsed.success) throw malformed(name, place(name, source), parsed.error);
    values[name] = parsed.data;
    sources[name] = source;
  }
  return { values: values as Settings, sources: sources, paths: pathsIn(home) };
}

function firstOf(name: string, places: Record<string, Values>): [string | undefined, SettingSource] {
  for (const [source, place] of Object.entries(places)) {
    if (place[name]) return [place[name], source as SettingSource];
  }
  return [undefined, 'default'];
}

function readDotEnv(folder: string): Values {
  const file = path.join(folder, '.env');
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return {};
    throw new ToolError('bad_config', `${file} cannot be read (${systemCode(error)}).`, {
      hint: 'Make it a file that you may read, or move it away.',
      cause: error,
    });
  }
}

/** Which of the files it is that sets this. */
const dotEnvWith = (name: string, folders: string[]): string =>
  path.join(folders.find((folder) => name in readDotEnv(folder)) ?? '', '.env');

// Someone else's project may bring a .env; it must not open files or networks to us.
function guarded(values: Values, isOwn: boolean): Values {
  if (isOwn) return values;
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => name in settings && !(settings as Record<string, SettingOptions>)[name]?.guarded),
  );
}

// Only our own prefix: the environment and .env are shared with other programs.
function refuseUnknown(values: Values, place: (name: string) => string): void {
  for (const name of Object.keys(values)) {
    if (!name.startsWith('CLAW_') || name in settings || internal.has(name)) continue;
    throw new ToolError('bad_config', `Unknown setting ${name} (from ${place(name)}).`, { hint: 'claw config lists every setting.' });
  }
}

/** A setting whose value is nothing to hide: it may be shown, and be as short as it likes. */
export const isOpenSetting = (name: string | undefined): boolean =>
  name !== undefined && Object.hasOwn(settings, name) && (settings as Record<string, SettingOptions>)[name]?.secret !== true;

/** Read by the launcher and the test runner, not by the server. */
const internal = new Set(['CLAW_SOAK', 'CLAW_NODE']);

const malformed = (name: string, place: string, error: z.ZodError): ToolError =>
  new ToolError('bad_config', `${name} (from ${place}): ${error.issues[0]?.message ?? 'malformed'}.`, {
    hint: `${settings[name as SettingName].help}. claw config shows where each value comes from.`,
  });
