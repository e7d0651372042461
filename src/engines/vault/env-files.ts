import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { explained, writeWhole } from '../../core/atomic-write.ts';
import type { Clock } from '../../core/clock.ts';
import { ToolError } from '../../core/errors.ts';
import type { Caller } from '../../core/tool.ts';
import { readDotEnv, writeDotEnv } from './dot-env.ts';
import { edited } from './secret-edit.ts';
import { missing, only, own, valuesOf } from './secrets.ts';
import type { Secrets } from './vault-content.ts';
import type { ImportOutcome, Vault } from './vault-types.ts';
import type { VaultWriter } from './vault-writer.ts';

export interface EnvFileParts {
  secrets: () => Promise<Secrets>;
  writer: VaultWriter;
  clock: Clock;
}

/** Secrets into and out of `.env` files. */
export function createEnvFiles({ secrets, writer, clock }: EnvFileParts): Pick<Vault, 'exportTo' | 'importFrom'> {
  return {
    exportTo: async (file, names) => {
      const all = await secrets();
      for (const name of names ?? []) if (!own(all, name)) missing(name);
      const chosen = names === undefined ? all : only(all, names);
      if (existsSync(file)) throw new ToolError('conflict', `${file} exists already.`, { hint: 'Choose another name.' });
      await writeWhole(file, writeDotEnv(valuesOf(chosen)), { mode: 0o600 });
      return { path: file, names: Object.keys(chosen) };
    },
    importFrom: async (file, { overwrite, by }) => {
      const text = await readFile(file, 'utf8').catch((error: unknown) => {
        throw explained(error, file);
      });
      let outcome: ImportOutcome = { imported: [], skipped: [] };
      const written = await writer.change((present) => {
        const merged = merge(present, { values: readDotEnv(text), overwrite, by, now: clock.now() });
        outcome = merged.outcome;
        return merged.secrets;
      });
      return { ...written, ...outcome };
    },
  };
}

interface Import {
  values: Record<string, string>;
  overwrite: boolean;
  by: Caller;
  now: number;
}

function merge(present: Secrets, { values, overwrite, by, now }: Import): { secrets: Secrets; outcome: ImportOutcome } {
  const taken: Secrets = { ...present };
  const outcome: ImportOutcome = { imported: [], skipped: [] };
  for (const [name, value] of Object.entries(values)) {
    const before = own(present, name);
    const why =
      before && !overwrite
        ? 'It is in the vault already.'
        : reasonAgainst(() => (taken[name] = edited(before, { name, edit: { value }, by, now })));
    if (why === undefined) outcome.imported.push(name);
    else outcome.skipped.push({ name, why });
  }
  return { secrets: taken, outcome };
}

function reasonAgainst(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof ToolError) return error.message;
    throw error;
  }
}
