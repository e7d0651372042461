import type { z } from 'zod';
import type { Engines } from '../app.ts';
import type { Clock } from '../core/clock.ts';
import type { Db } from '../core/database.ts';
import { ToolError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Redactor } from '../core/redact.ts';
import type { Caller, Effects, Evidence, Taint, Tool, ToolCall, ToolContext } from '../core/tool.ts';
import type { ApprovalDesk, AskingCall } from './approvals/approval-desk.ts';
import { askedChanges } from './approvals/asked-changes.ts';
import { boundTo, refuseSwapped, type BoundParts } from './approvals/bound-files.ts';
import type { Audit, AuditEntry } from './audit/audit.ts';
import { boundOutput } from './bounds.ts';
import { createCallErrors, needsApproval } from './call-errors.ts';
import { withDeadline } from './deadline.ts';
import { evidenceOf, failedProbe } from './evidence.ts';
import type { CallOptions, CallResult, OpenGate } from './gate-types.ts';
import { callFacts } from './policy/call-facts.ts';
import { guardOwnersWord } from './approvals/owners-word.ts';
import { describe, entryFor, ledIn, sayable, stoppable, type Call } from './passing-call.ts';
import { guardMark } from './policy/mark-guard.ts';
import type { PolicyFile } from './policy/policy-file.ts';
import { decide, type PolicyQuestion, type Verdict } from './policy/policy.ts';
import type { SecretFields } from './secret-fields.ts';
import type { SecretWatch } from './secret-watch.ts';
import type { StopSwitch } from './stop-switch.ts';
import { both, effectsOfTaint, type Taints } from './taint.ts';
import type { UndoStack } from '../durable/undo-stack.ts';
import { validate } from './validate.ts';

export interface GateParts {
  tools: Tool[];
  /** Asked for at each call: some engines need the gate to be built first. */
  engines: (caller: Caller) => Engines;
  /** Where relative paths start for callers who stand nowhere. */
  folder: string;
  db: Db;
  desk: ApprovalDesk;
  audit: Audit;
  stop: StopSwitch;
  taints: Taints;
  undo: UndoStack;
  /** The owner's rules, and what judging a call may know of this place. */
  policy: PolicyFile;
  place: Pick<PolicyQuestion, 'ground' | 'canSandbox'> & BoundParts & { clock: Clock };
  /** Files whose text the owner takes for his own. */
  trusts: (file: string) => boolean;
  redactor: Redactor;
  log: Log;
  /** Folder for outputs over the limit. */
  outputs: string;
  /** Looks for secrets that other processes have set. */
  secrets: SecretWatch;
  secretFields: SecretFields;
}

const defaultTimeoutMs = 30_000;

/** The one way to call a tool. Read `call` from top to bottom: the order is a promise. */
export function createGate(parts: GateParts): OpenGate {
  const { db, desk, audit, stop, taints, undo, redactor, secretFields, log } = parts;
  const tools = parts.tools.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  const { settled, asToolError } = createCallErrors({ audit, redactor, log });
  const judging = { ground: parts.place.ground, trusts: parts.trusts, find: (name: string) => byName.get(name) };

  const taintOf = ({ scope, options }: Pick<Call, 'scope' | 'options'>): Taint =>
    options.run?.chosen ? taints.ofChooser(scope) : taints.of(scope);

  async function call(caller: Caller, name: string, rawInput: unknown, options: CallOptions = {}): Promise<CallResult> {
    const learning = parts.secrets();
    if (learning) await learning;
    const entry = entryFor(caller, byName.has(name) ? name : sayable(redactor.text(name)), options);
    try {
      secretFields.learn(name, rawInput);
      const tool = find(caller, name);
      const input = validate(tool, rawInput, caller.folder ?? parts.folder);
      secretFields.check(tool, input);
      const current = describe(entry.callId, { caller, tool, input, options }, judging);
      const verdict = judge(current, rawInput);
      const question = verdict.verdict === 'ask' ? await questionOf(current, verdict) : undefined;
      admit(current, { ...verdict, question }, entry);
      if (current.risk !== 'read') await onDisk(current);
      if (question) refuseSwapped(question, parts.place);
      return await perform(current, entry);
    } catch (error) {
      throw settled(error, entry);
    }
  }

  function find(caller: Caller, name: string): Tool {
    const tool = byName.get(name);
    if (tool) return tool;
    throw new ToolError('unknown_tool', `No tool is called ${JSON.stringify(sayable(redactor.text(name)).slice(0, 60))}.`, {
      hint: caller.kind === 'owner' ? 'claw tools lists them all.' : 'tool_search finds one by what it does.',
    });
  }

  function judge({ caller, tool, input, risk, effects, places, options, scope }: Call, rawInput: unknown): Verdict {
    const runId = options.run?.id;
    const followsRequest = runId === undefined ? caller.kind === 'owner' : taints.followsPlan(runId, tool, rawInput);
    const taint = taintOf({ scope, options });
    const { ground, canSandbox, clock } = parts.place;
    const chosen = options.run?.chosen === true;
    const asked = { caller, tool, input, risk, effects, places, followsRequest, taint, chosen, undoing: options.undoing ?? false };
    const known = { rules: parts.policy.current().rules, facts: callFacts(tool, input, ground), ground, canSandbox, now: clock.now() };
    const guarded = guardOwnersWord(decide({ ...asked, ...known }), { tool, isOfRun: runId !== undefined, followsRequest, taint, chosen });
    const verdict = guardMark(guarded, asked);
    return { ...verdict, reason: redactor.text(verdict.reason) };
  }

  /** What a person will be shown. The dry run is spared where the answer is there already. */
  async function questionOf(current: Call, { reason, quorum, notSelf }: Verdict): Promise<AskingCall> {
    const { caller, tool, input, hash, risk, options } = current;
    const taint = taintOf(current);
    const shown = { tool: tool.name, input: secretFields.shown(tool.name, input), exactInput: input, hash, caller, run: options.run };
    const question: AskingCall = { ...shown, ...boundTo(input, parts.place, redactor), risk, reason, taint, quorum, notSelf };
    stop.mustAllow(stoppable(current));
    if (desk.isSettled(question)) return question;
    desk.refuseChanged(question);
    const ctx = contextFor(current, AbortSignal.timeout(defaultTimeoutMs));
    return { ...question, changes: redactor.value(await askedChanges(tool, { ctx, input, log })) };
  }

  /** From here on the call is on record; where it needs a person, so is the question. */
  function admit(current: Call, { verdict, reason, question }: Verdict & { question: AskingCall | undefined }, entry: AuditEntry): void {
    const { tool } = current;
    const input = secretFields.shown(tool.name, current.input);
    if (verdict === 'deny') throw new ToolError('denied', reason, { hint: `claw's policy forbids this call of ${tool.name}.` });
    const approvalId = db.transaction(() => {
      stop.mustAllow(stoppable(current));
      const given = question && desk.use(question);
      if (question && !given) {
        const id = desk.request(question);
        audit.record({ ...entry, event: 'asked', detail: { approvalId: id, reason, input } });
        return id;
      }
      if (!tool.tellsReads) touch(current, current.effects);
      if (current.shows) taints.mark(current.scope, { showsOthersText: true });
      audit.record({ ...entry, event: 'started', detail: { input, ...given } });
      return undefined;
    });
    if (approvalId !== undefined) throw needsApproval(tool, approvalId, reason);
  }

  /** Meanwhile everything may have been stopped: what has not begun then does not begin. */
  async function onDisk(current: Call): Promise<void> {
    await db.flushed();
    stop.mustAllow(stoppable(current));
  }

  function touch({ scope, read }: Call, effects: Effects): void {
    read.untrusted ||= effects.readsUntrusted === true;
    read.private ||= effects.readsPrivate === true;
    taints.mark(scope, effects);
  }

  async function perform(current: Call, entry: AuditEntry): Promise<CallResult> {
    const { tool, input, options } = current;
    const timeoutMs = (typeof tool.timeoutMs === 'function' ? tool.timeoutMs(input) : tool.timeoutMs) ?? defaultTimeoutMs;
    return withDeadline(
      (signal) => {
        const ctx = contextFor(current, signal);
        if (tool.transactional) return db.transaction(() => finish(current, tool.run(ctx, input), entry));
        return Promise.resolve(tool.run(ctx, input)).then(async (output) => {
          await parts.secrets();
          return finish(current, output, entry);
        });
      },
      { timeoutMs, signal: options.signal, stop: stop.signalFor(stoppable(current)) },
    );
  }

  /** Checks, redacts and bounds the output; the outcome, its undo and the run's step are one transaction. */
  function finish(current: Call, rawOutput: unknown, entry: AuditEntry): CallResult {
    const { tool, input, options } = current;
    const checked = checkedOutput(tool, rawOutput);
    const whole = redactor.value(checked);
    const cursorAfter = tool.cursorAfter && ((count: number): string => tool.cursorAfter!(count, { input, output: whole }));
    const { output, link } = boundOutput(whole, {
      schema: tool.output,
      callId: current.id,
      folder: parts.outputs,
      cursorAfter,
      wraps: tool.wraps,
    });
    const reversal = reversalOf(tool.undo?.(input, checked));
    const result: CallResult = {
      callId: current.id,
      tool: tool.name,
      output,
      untrusted: current.read.untrusted || (options.run?.chosen === true && current.shows),
      undoable: reversal !== undefined || (tool.passesOn !== undefined && undo.ready(current.id).length > 0),
    };
    if (tool.summary) result.summary = redactor.text(tool.summary(whole, input));
    if (link) result.link = link;
    db.transaction(() => {
      if (reversal && !options.undoing) {
        const scope = options.run?.id ?? options.passedOnBy ?? current.id;
        undo.push(scope, { ...reversal, folder: current.caller.folder }, options.run?.stepId);
      }
      audit.record({ ...entry, event: 'ok', detail: current.risk === 'read' ? null : { output } });
      options.commit?.(result);
    });
    return result;
  }

  /** A reversal that would lose a secret on its way through the undo stack is none. */
  function reversalOf(reversal: ToolCall | undefined): ToolCall | undefined {
    return redactor.value(reversal) === reversal ? reversal : undefined;
  }

  function contextFor(current: Call, signal: AbortSignal): ToolContext {
    const { id, caller, options, read } = current;
    const own = {
      caller,
      callId: id,
      runId: options.run?.id,
      session: options.session,
      led: ledIn(current),
      chosen: options.run?.chosen === true,
      touched: (effects: Effects) => touch(current, effects),
      heard: (runId: string) => touch(current, effectsOfTaint(taints.of(runId))),
      key: options.key ?? id,
      signal,
      progress: (progress: Parameters<ToolContext['progress']>[0]) => options.onProgress?.(redactor.value(progress)),
    };
    // Engines stay behind the prototype: those that open on first use are not touched here.
    const ctx = Object.assign(Object.create(parts.engines(caller)) as ToolContext, own);
    return Object.defineProperty(ctx, 'taint', { get: () => both(taintOf(current), read) });
  }

  async function verify(
    ...[caller, { tool: name, input, output, callId }, options = {}]: Parameters<OpenGate['verify']>
  ): Promise<Evidence[]> {
    const tool = find(caller, name);
    const current = describe(callId, { caller, tool, input: validate(tool, input, caller.folder ?? parts.folder), options }, judging);
    const evidence = await withDeadline((signal) => evidenceOf(tool, current, { ctx: contextFor(current, signal), output }), {
      timeoutMs: defaultTimeoutMs,
      signal: options.signal,
    }).catch((error: unknown) => [failedProbe(asToolError(error, entryFor(caller, name, options)))]);
    const clean = redactor.value(evidence);
    audit.record({ event: 'verified', callId, caller, tool: name, detail: clean });
    return clean;
  }

  const preview: OpenGate['preview'] = async (caller, name, rawInput) => {
    const tool = find(caller, name);
    const input = validate(tool, rawInput, caller.folder ?? parts.folder);
    const current = describe('preview', { caller, tool, input, options: {} }, judging);
    const { verdict, reason } = judge(current, rawInput);
    const ctx = contextFor(current, AbortSignal.timeout(defaultTimeoutMs));
    const changes = verdict === 'deny' ? [] : ((await tool.dryRun?.(ctx, input)) ?? []);
    const { hash, risk } = current;
    return {
      tool: name,
      hash,
      risk,
      verdict,
      reason: redactor.text(reason),
      undoable: tool.undo !== undefined,
      changes: redactor.value(changes),
    };
  };

  const explain: OpenGate['explain'] = (caller, name, rawInput) => {
    const tool = find(caller, name);
    const input = validate(tool, rawInput, caller.folder ?? parts.folder);
    const current = describe('explain', { caller, tool, input, options: {} }, judging);
    const { risk, effects } = current;
    return { tool: name, risk, effects, ...judge(current, rawInput) };
  };

  const list: OpenGate['list'] = (caller) => tools.filter((tool) => !tool.only || tool.only.includes(caller.kind));

  return { list, call, verify, preview, explain };
}

function checkedOutput(tool: Tool, output: unknown): unknown {
  const parsed: z.ZodSafeParseResult<unknown> = tool.output.safeParse(output);
  if (parsed.success) return parsed.data;
  throw new Error(`${tool.name} returned what its output schema does not allow`, { cause: parsed.error });
}
