import { isOpenSetting, settings, type SettingName } from '../../core/config.ts';
import { ToolError } from '../../core/errors.ts';
import { refuseUnhideable, secretName } from '../../core/secret.ts';
import type { Caller } from '../../core/tool.ts';
import { hostPattern } from './rules.ts';
import { isSetting, type SecretRecord } from './vault-content.ts';
import type { SecretEdit } from './vault-types.ts';

/** Settings that are needed before the vault can be opened. */
const notInVault = new Set(['CLAW_HOME', 'CLAW_VAULT_PASSPHRASE']);

/** The record after an edit. Throws where the edit makes no sense or is not for this caller. */
export function edited(
  before: SecretRecord | undefined,
  { name, edit, by, now }: { name: string; edit: SecretEdit; by: Caller; now: number },
): SecretRecord {
  refuseNames(name, by);
  if (before && by.kind !== 'owner' && (edit.tools ?? edit.hosts ?? edit.rotateEveryDays) !== undefined) throw ruleIsTheOwners(name);
  const value = edit.value ?? before?.value;
  if (value === undefined) throw noValue(name);
  if (edit.value !== undefined) refuseValue(name, edit.value);
  refuseHosts(edit.hosts);
  const isNew = value !== before?.value;
  const rule = { tools: edit.tools ?? before?.tools, hosts: edit.hosts?.map((host) => host.toLowerCase()) ?? before?.hosts };
  const rotateEveryDays = edit.rotateEveryDays ?? before?.rotateEveryDays;
  return {
    value,
    ...(rule.tools && rule.tools.length > 0 && { tools: rule.tools }),
    ...(rule.hosts && rule.hosts.length > 0 && { hosts: rule.hosts }),
    ...(rotateEveryDays !== undefined && rotateEveryDays > 0 && { rotateEveryDays }),
    createdAt: before?.createdAt ?? now,
    changedAt: isNew ? now : before.changedAt,
  };
}

function refuseNames(name: string, by: Caller): void {
  if (!secretName.safeParse(name).success || name === '__proto__')
    throw new ToolError('invalid_input', 'That is no name for a secret.', {
      hint: 'Letters, digits, dots, dashes, underscores: github-token.',
    });
  // An unknown CLAW_… would keep claw from starting.
  if (notInVault.has(name) || (name.startsWith('CLAW_') && !isSetting(name)))
    throw new ToolError('invalid_input', `${name} is no setting that can stand in the vault.`, { hint: 'claw config lists the settings.' });
  if (isSetting(name) && by.kind !== 'owner')
    throw new ToolError('denied', `${name} is a setting of claw, and only the owner sets those.`, {
      hint: `The owner may: claw vault set ${name}`,
    });
}

function refuseValue(name: string, value: string): void {
  if (!isOpenSetting(name)) refuseUnhideable(value);
  if (!isSetting(name)) return;
  const { schema, help } = settings[name as SettingName];
  if (!schema.safeParse(value).success) throw new ToolError('invalid_input', `${name} does not take this value.`, { hint: `${help}.` });
}

function refuseHosts(hosts: string[] | undefined): void {
  const wrong = hosts?.find((host) => !hostPattern.test(host.toLowerCase()));
  if (wrong === undefined) return;
  throw new ToolError('invalid_input', `${JSON.stringify(wrong.slice(0, 80))} is no pattern of a host.`, {
    hint: 'Write api.example.com, *.example.com or nas.lan:5000.',
  });
}

const ruleIsTheOwners = (name: string): ToolError =>
  new ToolError('denied', `Only the owner changes what the secret "${name}" may be used for.`, {
    hint: `The owner may: claw vault set ${name} --tools … --hosts …`,
  });

const noValue = (name: string): ToolError =>
  new ToolError('invalid_input', `A new secret needs a value, and there is none for "${name}".`, {
    hint: `The owner gives it, unseen by others, with: claw vault set ${name}`,
  });
