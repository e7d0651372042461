import type { Settings } from '../../core/config.ts';
import type { ModelRole } from '../../core/model-roles.ts';

/** What `auto` means: the providers that there is a key for. */
const automatic = [
  ['ANTHROPIC_API_KEY', 'anthropic/claude-sonnet-5-5'],
  ['OPENAI_API_KEY', 'openai/gpt-5.5'],
] as const;

/** The models of a role, in the order they are asked; none where the owner has named none. */
export function modelsFor(role: ModelRole, values: Settings): string[] {
  const own = values[`CLAW_MODEL_${role.toUpperCase() as Uppercase<ModelRole>}`];
  return namesIn(own || values.CLAW_MODEL, values);
}

function namesIn(setting: string, values: Settings): string[] {
  if (setting === '' || setting === 'none') return [];
  if (setting === 'auto') return automatic.filter(([key]) => values[key] !== '').map(([, name]) => name);
  return setting
    .split(/,|→|->/)
    .map((name) => name.trim())
    .filter(Boolean);
}
