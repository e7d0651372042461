import { newId } from '../core/ids.ts';
import { callHash } from '../core/json.ts';
import { effectsOf, riskOf, type Caller, type Effects, type Risk, type Taint, type Tool } from '../core/tool.ts';
import type { AuditEntry } from './audit/audit.ts';
import type { CallOptions } from './gate-types.ts';
import { writtenPlaces, type PlaceJudge, type WrittenPlaces } from './policy/written-places.ts';
import type { StoppableCall } from './stop-switch.ts';
import { scopeOf } from './taint.ts';

/** A call on its way through the gate. */
export interface Call {
  id: string;
  caller: Caller;
  tool: Tool;
  input: unknown;
  hash: string;
  risk: Risk;
  effects: Effects;
  places: WrittenPlaces;
  options: CallOptions;
  /** Whose reading counts together; undefined for the owner's single word. */
  scope: string | undefined;
  /** What this very call has read so far. */
  read: Taint;
}

export const entryFor = (caller: Caller, tool: string, { run }: CallOptions): AuditEntry => ({
  event: 'started',
  callId: newId('call'),
  caller,
  tool: tool.slice(0, 60),
  runId: run?.id,
  stepId: run?.stepId,
});

type Described = Pick<Call, 'caller' | 'tool' | 'input' | 'options'>;

export function describe(id: string, { caller, tool, input, options }: Described, judge: PlaceJudge): Call {
  const places = writtenPlaces(tool, input, judge);
  const effects = { ...effectsOf(tool, input), ...(places.trusted !== undefined && { persists: true }) };
  const own = { read: { untrusted: false, private: false }, scope: scopeOf(caller, options) };
  return { id, caller, tool, input, hash: callHash(tool.name, input), risk: riskOf(tool, input), effects, places, options, ...own };
}

export const stoppable = ({ caller, tool, options }: Call): StoppableCall => ({ caller, tool, isOfRun: options.run !== undefined });
