import { ToolError } from '../../core/errors.ts';
import type { Persona } from './persona-schema.ts';

/** What an agent needs that is not there. */
export const noModel = ({ name, model }: Pick<Persona, 'name' | 'model'>): ToolError =>
  new ToolError('unavailable', `${name} needs a language model, and none is set for the role ${model}.`, {
    hint: 'Set CLAW_MODEL, as in CLAW_MODEL="anthropic/ID, ollama/ID"; docs/models.md has the names. Without one, claw do "…" plans by itself.',
  });
