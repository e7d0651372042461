import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { ToolError } from './errors.ts';
import { logLevels } from './log.ts';

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
);
const folders = list.refine((paths) => paths.every((one) => /^[/~]/.test(one)), 'takes full paths, separated by commas');
const reachable = list.refine(
  (entries) => entries.every((one) => /^(?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5}$|^[\da-f.:]+\/\d{1,3}$/i.test(one)),
  'takes host:port and CIDR such as 10.0.0.0/8, separated by commas',
);
const absolute = (text: string): string => path.resolve(text.replace(/^~(?=$|\/)/, homedir()));

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

const model = (role: string): SettingOptions & { schema: z.ZodDefault<z.ZodString> } =>
  setting(z.string().default(''), { help: `Models of the role ${role.toLowerCase()}`, later: true });

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
  CLAW_PORT: setting(z.coerce.number().int().min(0).max(65535).default(8200), { help: 'Port of the HTTP server' }),
  CLAW_FILE_ROOTS: setting(folders.default([]), {
    help: 'Folders where file_* may work, separated by commas; home and the current folder if empty',
    guarded: true,
  }),
  CLAW_HTTP_ALLOW: setting(reachable.default([]), {
    help: 'host:port and CIDR that http_request may reach although private',
    guarded: true,
  }),
  CLAW_LOG: setting(z.enum(logLevels).default('warn'), { help: 'Least level of the log on stderr' }),
  CLAW_MODEL: setting(z.string().default('none'), { help: 'Models, or auto, or none', later: true }),
  ...Object.fromEntries(['CHAT', 'PLANNER', 'EXECUTOR', 'VERIFIER', 'JOB'].map((role) => [`CLAW_MODEL_${role}`, model(role)])),
  CLAW_EMBEDDINGS: setting(z.string().default('none'), { help: 'Embeddings that memory is searched with', later: true }),
  CLAW_DATABASE_URL: setting(z.string().default(''), { help: 'PostgreSQL in place of claw.db', secret: true, later: true }),
} satisfies Record<string, SettingOptions & { schema: z.ZodType }>;

export type SettingName = keyof typeof settings;
export type Settings = { [Name in SettingName]: z.output<(typeof settings)[Name]['schema']> };
export type SettingSource = 'environment' | 'vault' | '.env' | 'default';

export interface Config {
  values: Settings;
  sources: Record<SettingName, SettingSource>;
  /** Paths inside the data folder. */
  paths: Record<'home' | 'database' | 'policy' | 'memory' | 'auditLog' | 'token' | 'socket' | 'runs' | 'backups', string>;
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
  for (const [source, values] of Object.entries(places)) refuseUnknown(values, source);
  const values: Record<string, unknown> = {};
  const sources: Record<string, SettingSource> = {};
  for (const [name, { schema }] of Object.entries(settings)) {
    const [raw, source] = firstOf(name, places);
    const parsed = schema.safeParse(raw);
    if (!parsed.success) throw malformed(name, source, parsed.error);
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
  return existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
}

// Someone else's project may bring a .env; it must not open files or networks to us.
function guarded(values: Values, isOwn: boolean): Values {
  if (isOwn) return values;
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => name in settings && !(settings as Record<string, SettingOptions>)[name]?.guarded),
  );
}

// Only our own prefix: the environment and .env are shared with other programs.
function refuseUnknown(values: Values, place: string): void {
  for (const name of Object.keys(values)) {
    if (!name.startsWith('CLAW_') || name in settings || internal.has(name)) continue;
    throw new ToolError('bad_config', `Unknown setting ${name} (from ${place}).`, { hint: 'claw config lists every setting.' });
  }
}

/** Read by the launcher and the test runner, not by the server. */
const internal = new Set(['CLAW_SOAK', 'CLAW_NODE']);

const malformed = (name: string, source: SettingSource, error: z.ZodError): ToolError =>
  new ToolError('bad_config', `${name} (from ${source}): ${error.issues[0]?.message ?? 'malformed'}.`, {
    hint: `${settings[name as SettingName].help}. claw config shows where each value comes from.`,
  });

const pathsIn = (home: string): Config['paths'] => ({
  home,
  database: path.join(home, 'claw.db'),
  policy: path.join(home, 'policy.yaml'),
  memory: path.join(home, 'memory.db'),
  auditLog: path.join(home, 'audit.log'),
  token: path.join(home, 'token'),
  socket: path.join(home, 'claw.sock'),
  runs: path.join(home, 'runs'),
  backups: path.join(home, 'backups'),
});
