import type { Caller, Effects, Risk, Taint, Tool } from '../core/tool.ts';

/** All that a verdict depends on. */
export interface PolicyQuestion {
  caller: Caller;
  tool: Tool;
  input: unknown;
  risk: Risk;
  effects: Effects;
  taint: Taint;
  /** A step of the plan made from the request before any untrusted text was read. */
  followsRequest: boolean;
  /** Reverses an earlier call on the owner's word. */
  undoing: boolean;
}

export interface Verdict {
  verdict: 'allow' | 'ask' | 'deny';
  /** Why, in words for the owner. */
  reason: string;
}

const allow = (reason: string): Verdict => ({ verdict: 'allow', reason });
const ask = (reason: string): Verdict => ({ verdict: 'ask', reason });
const deny = (reason: string): Verdict => ({ verdict: 'deny', reason });

const destructiveBecause = (why: string | undefined): string => (why ? `It is destructive: ${why}.` : 'It is destructive.');

/** Pure. The first rule that applies decides; denials stand above everything. */
export function decide(question: PolicyQuestion): Verdict {
  const { caller, tool, input, risk, effects, taint, followsRequest, undoing } = question;
  const forbidden = tool.forbid?.(input);
  if (forbidden !== undefined) return deny(forbidden);
  if (tool.only && !tool.only.includes(caller.kind)) return deny(`Only ${tool.only.join(' or ')} may call ${tool.name}.`);
  if (caller.readOnly && risk !== 'read') return deny('This connection is read-only.');
  if (undoing && caller.kind === 'owner') return allow("The owner's own undo.");
  if (risk === 'destructive') return ask(destructiveBecause(tool.why?.(input)));

  const reachesOut = effects.sends === true || effects.persists === true;
  if (reachesOut && taint.untrusted && taint.private) return ask('This run has read untrusted text and private data (Rule of Two).');
  if (reachesOut && taint.untrusted && !followsRequest)
    return ask('This run has read untrusted text, and the call is not part of the request.');
  return allow(risk === 'read' ? 'It only reads.' : 'Writes are allowed.');
}
