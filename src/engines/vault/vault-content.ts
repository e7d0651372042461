import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { settings } from '../../core/config.ts';

const secretRecord = z.object({
  value: z.string(),
  /** Tools that may use it; any where absent. */
  tools: z.array(z.string()).optional(),
  /** `api.example.com`, `*.example.com`, `nas.lan:5000`; any where absent. */
  hosts: z.array(z.string()).optional(),
  rotateEveryDays: z.number().optional(),
  /** Ms since 1970. */
  createdAt: z.number(),
  /** When the value was last another one. */
  changedAt: z.number(),
});
export type SecretRecord = z.output<typeof secretRecord>;

/** What stands encrypted in `vault.age`. */
export const vaultContent = z.object({
  /** 128 random bits made with the vault: whoever knows only the public key cannot write a file that passes for it. */
  vault: z.string(),
  generation: z.number().int(),
  hasSettings: z.boolean(),
  secrets: z.record(z.string(), secretRecord),
});
export type VaultContent = z.output<typeof vaultContent>;

export type Secrets = VaultContent['secrets'];

/** Generation 0: what there is before the first write. */
export const emptyContent = (): VaultContent => ({
  vault: randomBytes(16).toString('hex'),
  generation: 0,
  hasSettings: false,
  secrets: {},
});

export const isSetting = (name: string): boolean => Object.hasOwn(settings, name);

export const hasSettings = (secrets: Secrets): boolean => Object.keys(secrets).some(isSetting);
