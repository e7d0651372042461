import { isoTime } from '../../core/clock.ts';
import { isOpenSetting } from '../../core/config.ts';
import { ToolError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Redactor } from '../../core/redact.ts';
import type { SecretUse } from '../../core/secret.ts';
import { createEnvFiles } from './env-files.ts';
import { createReading, type ReadingParts } from './reading.ts';
import { rekey } from './rekey.ts';
import { rotationOf } from './rotation.ts';
import { checkUse } from './rules.ts';
import { edited } from './secret-edit.ts';
import { missing, only, own, without } from './secrets.ts';
import { emptyContent, isSetting, type SecretRecord, type Secrets, type VaultContent } from './vault-content.ts';
import { createStatus } from './vault-status.ts';
import type { SecretInfo, Vault } from './vault-types.ts';
import { createVaultWriter } from './vault-writer.ts';

export interface VaultParts extends ReadingParts {
  redactor: Redactor;
  /** Told before a value is handed out; what it throws keeps the secret shut. */
  onOpen: (name: string, use: SecretUse) => void;
}

/** Builds the vault. Nothing is read or made before the first use. */
export function createVault({ redactor, onOpen, ...rest }: VaultParts): Vault {
  const { clock } = rest;
  const { parts, reader } = createReading(rest);
  const writer = createVaultWriter(parts, reader);

  const secrets = async (): Promise<Secrets> => (await reader.read()).content.secrets;
  const find = async (name: string): Promise<SecretRecord> => own(await secrets(), name) ?? missing(name);
  const handOut = (name: string, { value }: SecretRecord, use: SecretUse): string => {
    if (!isOpenSetting(name)) redactor.add(value);
    onOpen(name, use);
    return value;
  };

  const set: Vault['set'] = async (name, edit, by) => {
    let change: 'created' | 'replaced' | 'ruled' = 'created';
    const written = await writer.change((present) => {
      const before = own(present, name);
      const after = edited(before, { name, edit, by, now: clock.now() });
      change = before === undefined ? 'created' : before.value === after.value ? 'ruled' : 'replaced';
      return { ...present, [name]: after };
    });
    return { name, change, ...written };
  };

  return {
    set,
    rotate: async (name, value, by) => {
      await find(name);
      return set(name, { value }, by);
    },
    delete: async (name) => {
      const written = await writer.change((present) => {
        if (!own(present, name)) missing(name);
        return without(present, [name]);
      });
      return { name, ...written };
    },
    list: async () => Object.entries(await secrets()).map(([name, record]) => infoOf(name, record, clock.now())),
    has: async (name) => own(await secrets(), name) !== undefined,
    status: createStatus({ ...parts, reader, clock }),
    rekey: async () => {
      const written = await rekey(parts, { reader, writer });
      return { ...written, recipient: (await parts.identity.load()).pairs[0].recipient };
    },
    restore: async (generation, names) => {
      const then = generation === 0 ? emptyContent() : ((await reader.readGeneration(generation)) ?? notKept(generation));
      if (names === undefined) return writer.overwrite(await asPresentVault(then));
      return writer.change((present) => ({ ...without(present, names), ...only(then.secrets, names) }));
    },
    ...createEnvFiles({ secrets, writer, clock }),
    open: async (name, use) => {
      const record = await find(name);
      checkUse(name, record, use);
      return handOut(name, record, use);
    },
    learn: async () => {
      for (const [name, { value }] of Object.entries(await secrets())) if (!isOpenSetting(name)) redactor.add(value);
    },
    reveal: async (name) => handOut(name, await find(name), { tool: 'vault_reveal', callId: newId('call'), caller: { kind: 'owner' } }),
  };

  /** Under the id of the present vault where that can be read, so that what is kept stays of one vault. */
  async function asPresentVault(content: VaultContent): Promise<VaultContent> {
    const present = await reader.read().catch(() => undefined);
    return present && present.seal !== '' ? { ...content, vault: present.content.vault } : content;
  }
}

function infoOf(name: string, record: SecretRecord, now: number): SecretInfo {
  const { value: _never, createdAt, changedAt, ...rule } = record;
  return {
    name,
    ...rule,
    createdAt: isoTime(createdAt),
    changedAt: isoTime(changedAt),
    isSetting: isSetting(name),
    ...rotationOf(record, now),
  };
}

function notKept(generation: number): never {
  throw new ToolError('not_found', `Generation ${generation} is not kept.`, { hint: 'vault_status shows those that are.' });
}
