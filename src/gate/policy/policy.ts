import type { Caller, Effects, Risk, Taint, Tool } from '../../core/tool.ts';
import type { Ground } from '../../core/ground.ts';
import type { CallFacts } from './call-facts.ts';
import type { Rule } from './policy-rules.ts';
import type { WrittenPlaces } from './written-places.ts';
import { onePerson } from '../approvals/persons.ts';

/** All that a verdict depends on. */
export interface PolicyQuestion {
  caller: Caller;
  tool: Tool;
  input: unknown;
  risk: Risk;
  effects: Effects;
  places: WrittenPlaces;
  taint: Taint;
  /** A step of the plan made from the request before any untrusted text was read. */
  followsRequest: boolean;
  /** Reverses an earlier call by the way back that its tool gave: on the owner's word, or because the run that made it rolls back. */
  undoing: boolean;
  /** The owner's, in order. */
  rules: Rule[];
  facts: CallFacts;
  ground: Ground;
  /** Whether commands can be run in a sandbox here. */
  canSandbox: () => boolean;
  now: number;
}

export interface Verdict {
  verdict: 'allow' | 'ask' | 'deny';
  /** Why, in words for the owner. */
  reason: string;
  /** What decided: `built in`, or the rule. */
  decidedBy: string;
  /** How many persons must say yes where it asks; 1 if absent. */
  quorum?: number;
  /** Whoever asks may not answer. */
  notSelf?: boolean;
}

const builtIn = 'built in';
const allow = (reason: string): Verdict => ({ verdict: 'allow', reason, decidedBy: builtIn });
const ask = (reason: string): Verdict => ({ verdict: 'ask', reason, decidedBy: builtIn });
const deny = (reason: string): Verdict => ({ verdict: 'deny', reason, decidedBy: builtIn });

/** Pure. What is built in stands above the owner's rules, which can tighten it and never loosen it; denials stand first. */
export function decide(question: PolicyQuestion): Verdict {
  const own = decideFor(question);
  const asked = question.caller.reach?.asked;
  if (asked === undefined || asked === 'owner') return own;
  // Whoever may not do something himself may not have an agent do it.
  const theirs = decideFor({ ...question, caller: { ...question.caller, kind: asked, byModel: true } });
  return strictness.indexOf(theirs.verdict) > strictness.indexOf(own.verdict) ? theirs : own;
}

const strictness: Verdict['verdict'][] = ['allow', 'ask', 'deny'];

function decideFor(question: PolicyQuestion): Verdict {
  const { caller, risk, undoing } = question;
  const ruled = byRule(question);
  const refused = builtInDenial(question) ?? (ruled?.verdict === 'deny' ? ruled : undefined);
  if (refused) return refused;
  if (undoing && caller.kind === 'owner') return allow("The owner's own undo.");
  const floor = builtInQuestion(question);
  if (floor) return ruled?.verdict === 'ask' ? { ...ruled, reason: `${floor.reason} ${ruled.reason}` } : floor;
  if (ruled) return ruled;
  if (undoing && caller.kind === 'workflow') return allow('It takes back what this run has done.');
  if (risk === 'destructive') return ask(destructiveBecause(question));
  if (isModels(question) && question.taint.private) return ask('A model has read private data, and this call is not part of the request.');
  return allow(risk === 'read' ? 'It only reads.' : 'Writes are allowed.');
}

/** The first rule that fits; the owner's way to answer, or to stop, is never made to wait for an answer itself. */
function byRule({ tool, caller, risk, facts, rules, now }: PolicyQuestion): Verdict | undefined {
  const isWayOut = caller.kind === 'owner' && (tool.answers === true || tool.whileStopped === true);
  const found = rules.find((rule) => !(isWayOut && rule.rule.then === 'ask') && rule.fits({ tool: tool.name, caller, risk, facts, now }));
  if (!found) return undefined;
  const { then, why, name, approvals, notSelf } = found.rule;
  const decidedBy = `rule ${found.number}${name === undefined ? '' : ` (${name})`} of policy.yaml`;
  const because =
    why ?? (then === 'allow' ? `Allowed by ${decidedBy}.` : then === 'ask' ? `Asked for by ${decidedBy}.` : `Denied by ${decidedBy}.`);
  const needed = approvals !== undefined && approvals > 1 ? ` ${approvals} persons must say yes, and ${onePerson}.` : '';
  return {
    verdict: then,
    reason: because + needed,
    decidedBy,
    ...(approvals !== undefined && { quorum: approvals }),
    ...(notSelf !== undefined && { notSelf }),
  };
}

function builtInDenial({ caller, tool, input, risk, places, ground }: PolicyQuestion): Verdict | undefined {
  const forbidden = tool.forbid?.(input, ground);
  if (forbidden !== undefined) return deny(forbidden);
  if (tool.only && !tool.only.includes(caller.kind)) return deny(`Only ${tool.only.join(' or ')} may call ${tool.name}.`);
  if (places.program !== undefined && caller.kind !== 'owner') return deny(`${places.program} is part of claw's own program.`);
  if (caller.readOnly && risk !== 'read') return deny('This connection is read-only.');
  return undefined;
}

/** Asks that no rule takes away. */
function builtInQuestion(question: PolicyQuestion): Verdict | undefined {
  const { caller, tool, input, effects, places, taint, followsRequest, ground, canSandbox } = question;
  const reachesOut = effects.sends === true || effects.persists === true;
  if (reachesOut && taint.untrusted && taint.private) return ask('This run has read untrusted text and private data (Rule of Two).');
  if (reachesOut && taint.untrusted && !followsRequest)
    return ask('This run has read untrusted text, and the call is not part of the request.');
  if (isModels(question) && taint.untrusted) return ask('A model has read untrusted text, and this call is not part of the request.');
  // Each time: a standing rule or the asker's own yes would be the power that is asked about.
  if (tool.asksOthers !== undefined && caller.kind !== 'owner') return { ...ask(tool.asksOthers), notSelf: true };
  if (places.program !== undefined) return ask(`${places.program} is part of claw's own program, which only its update changes.`);
  if (places.trusted !== undefined && caller.kind !== 'owner')
    return ask(`Others execute or trust what is in ${places.trusted}, so only the owner changes it unasked.`);
  const isForeign = tool.sandboxed === true && caller.kind !== 'owner';
  if (isForeign && !canSandbox())
    return ask('No sandbox can start here, so commands of anyone but the owner ask (claw doctor says what is missing).');
  const concern = tool.concern?.(input, { ground, isConfined: isForeign });
  return concern === undefined ? undefined : ask(concern);
}

/** A change, or something sent, that a model chose: what it has read may have chosen for it. */
const isModels = ({ caller, tool, risk, effects, followsRequest }: PolicyQuestion): boolean =>
  caller.byModel === true && (risk !== 'read' || effects.sends === true) && !followsRequest && tool.keepsTaint?.(caller) !== true;

/** Where a tool has nothing to say of its arguments, what it does is why. */
function destructiveBecause({ tool, input }: PolicyQuestion): string {
  const [does = tool.title] = tool.description.split(/[.;]\s|\.$/);
  return `It is destructive: ${tool.why?.(input) ?? does.charAt(0).toLowerCase() + does.slice(1)}.`;
}
