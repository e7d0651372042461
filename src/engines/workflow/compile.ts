import type { Gate, PlannedCall, Probe, Step, Workflow } from './definition.ts';
import { WorkflowFault } from './fault.ts';
import { expressionAt, templateAt, type Place, type Scope } from './names.ts';
import { refuseCode } from './spliced-code.ts';
import { endedBefore } from './step-order.ts';
import { millisecondsOf, type GateFile, type ProbeFile, type StepFile, type WorkflowFile } from './workflow-schema.ts';
import type { Path } from '../../core/yaml-text.ts';

/** From what the file says to what will be done. Throws WorkflowFault: unknown names, circles, steps that do two things. */
export function compileWorkflow(file: WorkflowFile, name: string): Omit<Workflow, 'hash'> {
  const order = file.steps.map(({ id, needs }, index) => ({
    id: id ?? `step${index + 1}`,
    needs: needs ?? (index === 0 ? [] : [file.steps[index - 1]!.id ?? `step${index}`]),
  }));
  const ended = endedBefore(order);
  const known = {
    inputs: file.inputs,
    steps: new Map(order.map(({ id }, index) => [id, { asks: file.steps[index]!.approval_gate !== undefined }])),
  };
  const steps = file.steps.map((step, index) => {
    const before = order[index - 1]?.id;
    const own = ended.get(order[index]!.id)!;
    const scope: Scope = { ...known, ended: own, previous: before !== undefined && own.has(before) ? before : undefined, locals: [] };
    return compileStep(step, { ...order[index]!, scope, path: ['steps', index], onFailure: file.on_failure });
  });
  const atEnd: Scope = { ...known, ended: new Set(known.steps.keys()), previous: undefined, locals: [] };
  const rollback = file.rollback.map((call, index) => plannedCall(call, { scope: atEnd, path: ['rollback', index] }));
  const { description = '', inputs, notify } = file;
  const summary = file.summary === undefined ? undefined : templateAt(file.summary, { scope: atEnd, path: ['summary'] });
  return {
    name: file.name ?? name,
    description,
    inputs,
    steps,
    rollback,
    ...(summary && { summary }),
    ...(notify !== undefined && { notify }),
  };
}

interface Ground extends Place {
  id: string;
  needs: string[];
  onFailure: Step['onFailure'];
}

function compileStep(step: StepFile, { id, needs, scope, path, onFailure }: Ground): Step {
  const at = (field: string, ...locals: Scope['locals']): Place => ({ scope: { ...scope, locals }, path: [...path, field] });
  const item = step.for_each === undefined ? [] : (['item'] as const);
  const undone = { ...scope, ended: new Set([...scope.ended, id]) };
  return {
    id,
    needs,
    does: whatItDoes(step, { scope: { ...scope, locals: item }, path }),
    check: probes(step.check, at('check', ...item)),
    verify: probes(step.verify, at('verify', ...item, 'output')),
    retry: { times: step.retry?.times ?? 1, backoffMs: millisecondsOf(step.retry?.backoff ?? '5s') },
    onFailure: step.on_failure ?? onFailure,
    ...(scope.previous !== undefined && { previous: scope.previous }),
    ...(step.if !== undefined && { condition: expressionAt(step.if, at('if')), conditionText: step.if }),
    ...(step.for_each !== undefined && { forEach: templateAt(step.for_each, at('for_each')) }),
    ...(step.undo && { undo: plannedCall(step.undo, { scope: { ...undone, locals: [...item, 'output'] }, path: [...path, 'undo'] }) }),
    ...(step.timeout !== undefined && { timeoutMs: millisecondsOf(step.timeout) }),
  };
}

const deeds = ['tool', 'shell', 'claude_prompt', 'skill', 'http', 'approval_gate'] as const;

function whatItDoes(step: StepFile, { scope, path }: Place): Step['does'] {
  const said = deeds.filter((deed) => step[deed] !== undefined);
  if (said.length !== 1)
    throw new WorkflowFault(`says ${said.length === 0 ? 'nothing to do' : said.join(' and ')}; give one of ${deeds.join(', ')}`, path);
  if (step.approval_gate === undefined) return asWritten(step, path, () => plannedCall(callOf(step), { scope, path }));
  const meaningless = (['input', 'verify', 'undo', 'timeout', 'retry'] as const).find((field) => step[field] !== undefined);
  if (meaningless !== undefined) throw new WorkflowFault('means nothing beside approval_gate', [...path, meaningless]);
  return gateOf(step.approval_gate, { scope, path: [...path, 'approval_gate'] });
}

/** The shorthands, as calls. */
function callOf({ tool, input = {}, shell, claude_prompt: prompt, skill, http }: StepFile): {
  tool: string;
  input: Record<string, unknown>;
} {
  if (typeof shell === 'string') return { tool: 'shell_run', input: { ...input, script: shell } };
  if (shell !== undefined) return { tool: 'shell_run', input: { ...input, command: shell } };
  if (prompt !== undefined) return { tool: 'llm_prompt', input: { ...input, prompt } };
  if (skill !== undefined) return { tool: 'skill_run', input: { name: skill, input } };
  if (http !== undefined) return { tool: 'http_request', input: { ...input, ...(typeof http === 'string' ? { url: http } : http) } };
  return { tool: tool!, input };
}

const writtenAs: Record<string, 'shell' | 'claude_prompt' | 'http'> = {
  script: 'shell',
  command: 'shell',
  prompt: 'claude_prompt',
  url: 'http',
};

/** A fault in what a shorthand stands for is one of the shorthand. */
function asWritten<Value>(step: StepFile, path: Path, compile: () => Value): Value {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof WorkflowFault) || error.path[path.length] !== 'input') throw error;
    const [field = '', ...deeper] = error.path.slice(path.length + 1);
    const shorthand = typeof step.http === 'object' ? 'http' : writtenAs[field];
    if (shorthand === undefined || step[shorthand] === undefined) throw error;
    const inside = typeof step.http === 'object' ? [field, ...deeper] : deeper;
    throw new WorkflowFault(error.message, [...path, shorthand, ...inside]);
  }
}

function gateOf(said: string | GateFile, place: Place): Gate {
  const given: GateFile = typeof said === 'string' ? { message: said, approvers: 1, not_self: false, expires: '24h' } : said;
  const { message, approvers, not_self: notSelf, expires } = given;
  return { ask: templateAt(message, place), approvers, notSelf, expiresMs: millisecondsOf(expires) };
}

function plannedCall({ tool, input }: { tool: string; input: unknown }, { scope, path }: Place): PlannedCall {
  const call = { tool, input: templateAt(input, { scope, path: [...path, 'input'] }), path };
  refuseCode(call);
  return call;
}

function probes(said: ProbeFile | ProbeFile[] | undefined, { scope, path }: Place): Probe[] {
  if (said === undefined) return [];
  const placed = (index: number): Path => (Array.isArray(said) ? [...path, index] : path);
  return [said].flat().map((one, index): Probe => {
    const place = { scope, path: placed(index) };
    if (typeof one === 'string') return { text: one, holds: expressionAt(one, place) };
    const call = plannedCall(one, place);
    if (one.expect === undefined) return { text: one.tool, call };
    const offered: Scope = { ...scope, locals: [...scope.locals, 'output'] };
    const expect = expressionAt(one.expect, { scope: offered, path: [...place.path, 'expect'] });
    return { text: `${one.tool}: ${one.expect}`, call, expect };
  });
}
