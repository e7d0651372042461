import type { z } from 'zod';
import type { Engines } from '../app.ts';
import type { Clock } from '../core/clock.ts';
import type { Db } from '../core/database.ts';
import { ToolError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { callHash } from '../core/json.ts';
import type { Log } from '../core/log.ts';
import type { Redactor } from '../core/redact.ts';
import { effectsOf, riskOf, type Caller, type Effects, type Evidence, type Risk, type Tool, type ToolContext } from '../core/tool.ts';
import type { Approvals } from './approvals.ts';
import type { Audit, AuditEntry } from './audit.ts';
import { boundOutput } from './bounds.ts';
import { withDeadline } from './deadline.ts';
import type { CallOptions, CallResult, Gate } from './gate-types.ts';
import { callFacts } from './call-facts.ts';
import { decide, type PolicyQuestion, type Verdict } from './policy.ts';
import type { PolicyFile } from './policy-file.ts';
import type { Taints } from './taint.ts';
import type { UndoStack } from '../durable/undo-stack.ts';
import { validate } from './validate.ts';

export interface GateParts {
  tools: Tool[];
  /** Asked for at each call: some engines need the gate to be built first. */
  engines: (caller: Caller) => Engines;
  /** Where relative paths start for callers who stand nowhere. */
  folder: string;
  db: Db;
  approvals: Approvals;
  audit: Audit;
  taints: Taints;
  undo: UndoStack;
  /** The owner's rules, and what judging a call may know of this place. */
  policy: PolicyFile;
  place: Pick<PolicyQuestion, 'ground' | 'canSandbox'> & { clock: Clock };
  redactor: Redactor;
  log: Log;
  /** Folder for outputs over the limit. */
  outputs: string;
}

/** A call on its way through the gate. */
interface Call {
  id: string;
  caller: Caller;
  tool: Tool;
  input: unknown;
  hash: string;
  risk: Risk;
  effects: Effects;
  options: CallOptions;
}

const defaultTimeoutMs = 30_000;

/** The one way to call a tool. Read `call` from top to bottom: the order is a promise. */
export function createGate(parts: GateParts): Gate {
  const { db, approvals, audit, taints, undo, redactor, log } = parts;
  const tools = parts.tools.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const byName = new Map(tools.map((tool) => [tool.name, tool]));

  async function call(caller: Caller, name: string, rawInput: unknown, options: CallOptions = {}): Promise<CallResult> {
    const entry = entryFor(caller, name, options);
    try {
      const tool = find(caller, name);
      const input = validate(tool, rawInput, caller.folder ?? parts.folder);
      const current = describe(entry.callId, { caller, tool, input, options });
      admit(current, judge(current, rawInput), entry);
      if (current.risk !== 'read') await db.flushed();
      return await perform(current, entry);
    } catch (error) {
      throw settled(error, entry);
    }
  }

  function find(caller: Caller, name: string): Tool {
    const tool = byName.get(name);
    if (tool) return tool;
    throw new ToolError('unknown_tool', `No tool is called ${JSON.stringify(name.slice(0, 60))}.`, {
      hint: caller.kind === 'owner' ? 'claw tools lists them all.' : 'tool_search finds one by what it does.',
    });
  }

  function judge({ caller, tool, input, risk, effects, options }: Call, rawInput: unknown): Verdict {
    const runId = options.run?.id;
    const followsRequest = runId === undefined ? caller.kind === 'owner' : taints.followsPlan(runId, tool, rawInput);
    const { ground, canSandbox, clock } = parts.place;
    const asked = { caller, tool, input, risk, effects, followsRequest, taint: taints.of(runId), undoing: options.undoing ?? false };
    const known = { rules: parts.policy.current().rules, facts: callFacts(tool, input, ground), ground, canSandbox, now: clock.now() };
    const verdict = decide({ ...asked, ...known });
    return { ...verdict, reason: redactor.text(verdict.reason) };
  }

  /** From here on the call is on record; where it needs a person, so is the question. */
  function admit(current: Call, { verdict, reason }: Verdict, entry: AuditEntry): void {
    const { caller, tool, input, hash, risk, options } = current;
    if (verdict === 'deny') throw new ToolError('denied', reason, { hint: `claw's policy forbids this call of ${tool.name}.` });
    const approvalId = db.transaction(() => {
      if (verdict === 'ask' && !approvals.use({ hash, caller, run: options.run })) {
        const id = approvals.request({ tool: tool.name, input: redactor.value(input), hash, caller, run: options.run, risk, reason });
        audit.record({ ...entry, event: 'asked', detail: { approvalId: id, reason, input } });
        return id;
      }
      taints.mark(options.run?.id, current.effects);
      audit.record({ ...entry, event: 'started', detail: { input } });
      return undefined;
    });
    if (approvalId !== undefined) throw needsApproval(tool, approvalId, reason);
  }

  async function perform(current: Call, entry: AuditEntry): Promise<CallResult> {
    const { tool, input, options } = current;
    const timeoutMs = (typeof tool.timeoutMs === 'function' ? tool.timeoutMs(input) : tool.timeoutMs) ?? defaultTimeoutMs;
    return withDeadline(
      (signal) => {
        const ctx = contextFor(current, signal);
        if (tool.transactional) return db.transaction(() => finish(current, tool.run(ctx, input), entry));
        return Promise.resolve(tool.run(ctx, input)).then((output) => finish(current, output, entry));
      },
      { timeoutMs, signal: options.signal },
    );
  }

  /** Checks, redacts and bounds the output; the outcome, its undo and the run's step are one transaction. */
  function finish(current: Call, rawOutput: unknown, entry: AuditEntry): CallResult {
    const { tool, input, options } = current;
    const whole = redactor.value(checkedOutput(tool, rawOutput));
    const cursorAfter = tool.cursorAfter && ((count: number): string => tool.cursorAfter!(count, { input, output: whole }));
    const { output, link } = boundOutput(whole, {
      schema: tool.output,
      callId: current.id,
      folder: parts.outputs,
      cursorAfter,
      wraps: tool.wraps,
    });
    const reversal = tool.undo?.(input, whole);
    const result: CallResult = { callId: current.id, tool: tool.name, output, undoable: reversal !== undefined };
    if (tool.summary) result.summary = redactor.text(tool.summary(whole, input));
    if (link) result.link = link;
    db.transaction(() => {
      if (reversal && !options.undoing) undo.push(options.run?.id ?? current.id, { ...reversal, folder: current.caller.folder });
      audit.record({ ...entry, event: 'ok', detail: current.risk === 'read' ? null : { output } });
      options.commit?.(result);
    });
    return result;
  }

  /** Every failure is on record before the caller hears of it. */
  function settled(error: unknown, entry: AuditEntry): ToolError {
    const known = asToolError(error, entry);
    if (known.code === 'approval_required') return known;
    try {
      audit.record({ ...entry, event: eventFor(known, audit.isOpen(entry.callId)), detail: { code: known.code, message: known.message } });
      return known;
    } catch (unwritable) {
      log.error('audit_failed', { callId: entry.callId, error: unwritable, callError: known });
      return new ToolError('unavailable', 'The audit log cannot be written, so nothing is carried out.', {
        hint: 'Check free space and permissions of the data folder: claw doctor.',
        cause: unwritable,
      });
    }
  }

  function asToolError(error: unknown, { callId, tool }: AuditEntry): ToolError {
    if (error instanceof ToolError)
      return new ToolError(error.code, redactor.text(error.message), { ...error.toJSON(), hint: redactor.text(error.hint), cause: error });
    log.error('tool_failed', { callId, tool, error });
    return new ToolError('internal', `${tool} failed unexpectedly.`, { hint: `The log has the reason, under ${callId}.`, cause: error });
  }

  function contextFor({ id, caller, options }: Call, signal: AbortSignal): ToolContext {
    const own = {
      caller,
      callId: id,
      runId: options.run?.id,
      taint: taints.of(options.run?.id),
      key: options.key ?? id,
      signal,
      progress: (progress: Parameters<ToolContext['progress']>[0]) => options.onProgress?.(redactor.value(progress)),
    };
    // Engines stay behind the prototype: those that open on first use are not touched here.
    return Object.assign(Object.create(parts.engines(caller)) as ToolContext, own);
  }

  async function verify(...[caller, { tool: name, input, output, callId }, options = {}]: Parameters<Gate['verify']>): Promise<Evidence[]> {
    const tool = find(caller, name);
    const current = describe(callId, { caller, tool, input: validate(tool, input, caller.folder ?? parts.folder), options });
    const evidence = await withDeadline((signal) => evidenceOf(tool, current, { ctx: contextFor(current, signal), output }), {
      timeoutMs: defaultTimeoutMs,
      signal: options.signal,
    }).catch((error: unknown) => [failedProbe(asToolError(error, entryFor(caller, name, options)))]);
    const clean = redactor.value(evidence);
    audit.record({ event: 'verified', callId, caller, tool: name, detail: clean });
    return clean;
  }

  const preview: Gate['preview'] = async (caller, name, rawInput) => {
    const tool = find(caller, name);
    const input = validate(tool, rawInput, caller.folder ?? parts.folder);
    const current = describe('preview', { caller, tool, input, options: {} });
    const { verdict, reason } = judge(current, rawInput);
    const ctx = contextFor(current, AbortSignal.timeout(defaultTimeoutMs));
    const changes = verdict === 'deny' ? [] : ((await tool.dryRun?.(ctx, input)) ?? []);
    const { hash, risk } = current;
    return { tool: name, hash, risk, verdict, reason, undoable: tool.undo !== undefined, changes: redactor.value(changes) };
  };

  const explain: Gate['explain'] = (caller, name, rawInput) => {
    const tool = find(caller, name);
    const current = describe('explain', { caller, tool, input: validate(tool, rawInput, caller.folder ?? parts.folder), options: {} });
    const { risk, effects } = current;
    return { tool: name, risk, effects, ...judge(current, rawInput) };
  };

  const list: Gate['list'] = (caller) => tools.filter((tool) => !tool.only || tool.only.includes(caller.kind));

  return { list, call, verify, preview, explain };
}

const entryFor = (caller: Caller, tool: string, { run }: CallOptions): AuditEntry => ({
  event: 'started',
  callId: newId('call'),
  caller,
  tool: tool.slice(0, 60),
  runId: run?.id,
  stepId: run?.stepId,
});

function describe(id: string, { caller, tool, input, options }: Pick<Call, 'caller' | 'tool' | 'input' | 'options'>): Call {
  const risk = riskOf(tool, input);
  return { id, caller, tool, input, hash: callHash(tool.name, input), risk, effects: effectsOf(tool, input), options };
}

const needsApproval = (tool: Tool, approvalId: string, reason: string): ToolError =>
  new ToolError('approval_required', `${tool.name} needs the owner's approval: ${reason}`, {
    hint: `The owner approves with: claw approval answer ${approvalId} approve — then make the same call again.`,
    approvalId,
  });

function checkedOutput(tool: Tool, output: unknown): unknown {
  const parsed: z.ZodSafeParseResult<unknown> = tool.output.safeParse(output);
  if (parsed.success) return parsed.data;
  throw new Error(`${tool.name} returned what its output schema does not allow`, { cause: parsed.error });
}

/** A call that never started is refused; one that was cut off while it could have an effect is unknown. */
function eventFor({ code }: ToolError, hasStarted: boolean): AuditEntry['event'] {
  if (!hasStarted) return code === 'denied' ? 'denied' : 'refused';
  return code === 'unknown_outcome' || code === 'timeout' || code === 'cancelled' ? 'unknown' : 'failed';
}

const failedProbe = (error: ToolError): Evidence => ({ check: 'the check could be made', ok: false, found: error.message });

/** A read is verified by an output that fits; a write by its own probes, and by nothing else. */
async function evidenceOf(tool: Tool, { risk, input }: Call, { ctx, output }: { ctx: ToolContext; output: unknown }): Promise<Evidence[]> {
  const probes = (await tool.verify?.(ctx, input, output)) ?? [];
  if (probes.length > 0 || risk !== 'read') return probes;
  const fits = tool.output.safeParse(output).success;
  return [{ check: 'the output fits the schema', ok: fits, found: fits ? 'it fits' : 'it does not fit' }];
}
