import { newId } from '../core/ids.ts';
import { callHash } from '../core/json.ts';
import { effectsOf, riskOf, type Caller, type Effects, type Risk, type Taint, type Tool } from '../core/tool.ts';
import type { AuditEntry } from './audit/audit.ts';
import type { CallOptions } from './gate-types.ts';
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
  options: CallOptions;
  /** Whose reading counts together; undefined for the owner's single word. */
  scope: string | undefined;
  /** What this very call has read so far. */
  read: Taint;
}

/** A name that no tool has, for the records: what does not look like one may be a secret in the wrong place. */
export const sayable = (name: string): string => (/^(?:[a-z]{1,40}|[a-z]+_\w{1,50}|\[REDACTED:claw\])$/i.test(name) ? name : '(no name)');

export const entryFor = (caller: Caller, tool: string, { run }: CallOptions): AuditEntry => ({
  event: 'started',
  callId: newId('call'),
  caller,
  tool: tool.slice(0, 60),
  runId: run?.id,
  stepId: run?.stepId,
});

export function describe(id: string, { caller, tool, input, options }: Pick<Call, 'caller' | 'tool' | 'input' | 'options'>): Call {
  const risk = riskOf(tool, input);
  const read = { untrusted: false, private: false };
  const scope = scopeOf(caller, options);
  return { id, caller, tool, input, hash: callHash(tool.name, input), risk, effects: effectsOf(tool, input), options, scope, read };
}

export const stoppable = ({ caller, tool, options }: Call): StoppableCall => ({ caller, tool, isOfRun: options.run !== undefined });
