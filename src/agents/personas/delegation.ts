import { ToolError } from '../../core/errors.ts';
import type { Caller, CallerKind } from '../../core/tool.ts';
import type { ModelDesk } from '../models/model-desk.ts';
import type { AgentLedger, LedgerEntry } from './agent-ledger.ts';
import { noModel } from './no-model.ts';
import type { Persona } from './persona-schema.ts';

/** The agent's run on whose behalf a caller acts. */
export const above = (ledger: AgentLedger, { reach }: Caller): LedgerEntry | undefined =>
  reach?.run === undefined ? undefined : ledger.find(reach.run);

/** Who asked in the first place, through however many agents. */
export const askerOf = ({ kind, reach }: Caller): CallerKind => reach?.asked ?? kind;

/** Throws `unavailable` where it has neither a model nor a tool that stands in for one. */
export function mustWork(models: Pick<ModelDesk, 'isSet'>, persona: Persona): void {
  if (!models.isSet(persona.model) && persona.without_model === undefined) throw noModel(persona);
}

/** How many more agents may be asked below. Throws for too deep a chain, and for one that comes back to where it was. */
export function depthBelow(parent: LedgerEntry | undefined, persona: Persona, chain: LedgerEntry[]): number {
  if (!parent) return persona.depth;
  const names = [...chain.map((entry) => entry.persona).toReversed(), persona.name];
  if (chain.some((entry) => entry.persona === persona.name))
    throw new ToolError('conflict', `${persona.name} is at work above already: ${names.join(' → ')}.`, {
      hint: 'Do it with your own tools, or say what is missing.',
    });
  if (parent.depth > 0) return Math.min(parent.depth - 1, persona.depth);
  throw new ToolError('too_large', `Agents may not ask deeper than this: ${names.join(' → ')}.`, {
    hint: 'Do it with your own tools, or say what is missing.',
  });
}
