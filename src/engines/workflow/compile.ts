import type { PlannedCall, Probe, Step, Workflow } from './definition.ts';
import { ExpressionError, namesIn, parseExpression, type Expression } from './expression.ts';
import { namesOf, parseTemplate, TemplateError, type Template } from './template.ts';
import { millisecondsOf, type GateFile, type ProbeFile, type StepFile, type WorkflowFile } from './workflow-schema.ts';

type Path = (string | number)[];

/** What is wrong, and where in the file's structure. */
export class WorkflowFault extends Error {
  readonly path: Path;
  constructor(message: string, path: Path) {
    super(message);
    this.path = path;
  }
}

/** From what the file says to what will be done. Throws WorkflowFault: unknown names, circles, steps that do two things. */
export function compileWorkflow(file: WorkflowFile, name: string): Omit<Workflow, 'hash'> {
  const ids = file.steps.map((step, index) => step.id ?? `step${index + 1}`);
  refuseDoubles(ids);
  const names = { inputs: new Set(Object.keys(file.inputs)), steps: new Set(ids) };
  const steps = file.steps.map((step, index) => compileStep(step, { file, ids, index, names }));
  refuseCircles(steps);
  refuseEarlyReferences(steps);
  const rollback = file.rollback.map((call, index) => plannedCall(call, { names, path: ['rollback', index] }));
  return { name: file.name ?? name, description: file.description ?? '', inputs: file.inputs, steps, rollback, notify: file.notify };
}

interface Names {
  inputs: Set<string>;
  steps: Set<string>;
}

interface Place {
  names: Names;
  path: Path;
}

function compileStep(
  step: StepFile,
  { file, ids, index, names }: { file: WorkflowFile; ids: string[]; index: number; names: Names },
): Step {
  const path: Path = ['steps', index];
  const at = (field: string): Place => ({ names, path: [...path, field] });
  const previous = index > 0 ? ids[index - 1] : undefined;
  const unknown = step.needs?.find((id) => !names.steps.has(id));
  if (unknown !== undefined) throw new WorkflowFault(`there is no step ${unknown}`, [...path, 'needs']);
  return {
    id: ids[index]!,
    does: whatItDoes(step, { names, path }),
    needs: step.needs ?? (previous === undefined ? [] : [previous]),
    previous,
    check: probes(step.check, at('check')),
    verify: probes(step.verify, at('verify')),
    retry: { times: step.retry?.times ?? 1, backoffMs: millisecondsOf(step.retry?.backoff ?? '5s') },
    onFailure: step.on_failure ?? file.on_failure,
    ...(step.if !== undefined && { condition: expression(step.if, at('if')) }),
    ...(step.for_each !== undefined && { forEach: template(step.for_each, at('for_each')) }),
    ...(step.undo && { undo: plannedCall(step.undo, at('undo')) }),
    ...(step.timeout !== undefined && { timeoutMs: millisecondsOf(step.timeout) }),
  };
}

const deeds = ['tool', 'shell', 'claude_prompt', 'skill', 'http', 'approval_gate'] as const;

function whatItDoes(step: StepFile, { names, path }: Place): Step['does'] {
  const said = deeds.filter((deed) => step[deed] !== undefined);
  if (said.length !== 1)
    throw new WorkflowFault(`says ${said.length === 0 ? 'nothing to do' : said.join(' and ')}; give one of ${deeds.join(', ')}`, path);
  if (step.approval_gate !== undefined) return gateOf(step.approval_gate, { names, path: [...path, 'approval_gate'] });
  return plannedCall(callOf(step), { names, path });
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
  if (http !== undefined) return { tool: 'http_request', input: typeof http === 'string' ? { ...input, url: http } : http };
  return { tool: tool!, input };
}

function gateOf(said: string | GateFile, place: Place): Step['does'] {
  const {
    message,
    approvers,
    not_self: notSelf,
    expires,
  } = typeof said === 'string' ? { message: said, approvers: 1, not_self: false, expires: '24h' } : said;
  return { ask: template(message, place), approvers, notSelf, expiresMs: millisecondsOf(expires) };
}

const plannedCall = ({ tool, input }: { tool: string; input: unknown }, { names, path }: Place): PlannedCall => ({
  tool,
  input: template(input, { names, path: [...path, 'input'] }),
});

function probes(said: ProbeFile | ProbeFile[] | undefined, place: Place): Probe[] {
  if (said === undefined) return [];
  return [said].flat().map((one): Probe => {
    if (typeof one === 'string') return { text: one, holds: expression(one, place) };
    const expect = one.expect === undefined ? undefined : expression(one.expect, place);
    return {
      text: `${one.tool}${one.expect === undefined ? '' : `: ${one.expect}`}`,
      call: plannedCall(one, place),
      ...(expect && { expect }),
    };
  });
}

function expression(text: string, { names, path }: Place): Expression {
  try {
    const parsed = parseExpression(text);
    for (const { path: name } of namesIn(parsed)) refuseUnknown(name, { names, path });
    return parsed;
  } catch (error) {
    if (error instanceof ExpressionError) throw new WorkflowFault(`${error.message} (character ${error.at + 1})`, path);
    throw error;
  }
}

function template(value: unknown, { names, path }: Place): Template {
  try {
    const parsed = parseTemplate(value, path);
    for (const { name, path: place } of namesOf(parsed, path)) refuseUnknown(name, { names, path: place });
    return parsed;
  } catch (error) {
    if (error instanceof TemplateError) throw new WorkflowFault(error.message, error.path);
    throw error;
  }
}

const stepFields = new Set(['ok', 'failed', 'skipped', 'approved', 'status', 'output', 'summary', 'error']);

/** A name that nothing will ever stand for is a mistake, and must not quietly be false. */
function refuseUnknown(name: string[], { names, path }: Place): void {
  const [root, second, third] = name;
  const text = name.join('.');
  if (root === 'steps') {
    if (second === undefined || !names.steps.has(second)) throw new WorkflowFault(`${text}: there is no step ${second ?? ''}`, path);
    if (third === undefined || !stepFields.has(third)) throw new WorkflowFault(`${text}: a step has ${[...stepFields].join(', ')}`, path);
  } else if (root === 'inputs') {
    if (second === undefined || !names.inputs.has(second)) throw new WorkflowFault(`${text}: there is no input ${second ?? ''}`, path);
  } else if (root === 'previous') {
    if (second === undefined || !stepFields.has(second)) throw new WorkflowFault(`${text}: a step has ${[...stepFields].join(', ')}`, path);
  } else if (root !== 'item' && root !== 'output' && root !== 'run') {
    throw new WorkflowFault(`${text} is unknown; there are steps, inputs, previous, item, output and run`, path);
  }
}

function refuseDoubles(ids: string[]): void {
  const index = ids.findIndex((id, at) => ids.indexOf(id) !== at);
  if (index !== -1) throw new WorkflowFault(`there is a step ${ids[index]} already`, ['steps', index, 'id']);
}

function refuseCircles(steps: Step[]): void {
  const byId = new Map(steps.map((step, index) => [step.id, { step, index }]));
  const done = new Set<string>();
  const visit = (id: string, trail: string[]): void => {
    if (done.has(id)) return;
    const { step, index } = byId.get(id)!;
    if (trail.includes(id)) throw new WorkflowFault(`steps need each other: ${[...trail, id].join(' → ')}`, ['steps', index, 'needs']);
    for (const other of step.needs) visit(other, [...trail, id]);
    done.add(id);
  };
  for (const { id } of steps) visit(id, []);
}

/** A step may only speak of steps that have ended by then. */
function refuseEarlyReferences(steps: Step[]): void {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const before = (step: Step, seen = new Set<string>()): Set<string> => {
    for (const id of step.needs) if (!seen.has(id)) before(byId.get(id)!, seen.add(id));
    return seen;
  };
  for (const [index, step] of steps.entries()) {
    const ended = before(step);
    const early = stepsNamedIn(step).find((id) => !ended.has(id));
    if (early !== undefined)
      throw new WorkflowFault(`speaks of step ${early}, which it does not need, so it may not have ended`, ['steps', index]);
  }
}

/** Not in its own undo and its checks after, which may speak of itself. */
function stepsNamedIn(step: Step): string[] {
  const templates = [...('tool' in step.does ? [step.does.input] : [step.does.ask]), ...(step.forEach ? [step.forEach] : [])];
  const conditions = [step.condition, ...step.check.map((probe) => ('holds' in probe ? probe.holds : probe.expect))];
  const names = [
    ...templates.flatMap((one) => namesOf(one).map(({ name }) => name)),
    ...conditions.flatMap((one) => (one ? namesIn(one).map(({ path }) => path) : [])),
  ];
  return names.flatMap(([root, id]) => (root === 'steps' && id !== undefined ? [id] : []));
}
