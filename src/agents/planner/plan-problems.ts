import { isReference, referencesIn } from '../../core/reference.ts';
import { riskCeiling, type Tool } from '../../core/tool.ts';
import { openTool } from '../intake/plan-types.ts';
import type { WrittenPlan, WrittenTask } from './plan-form.ts';

export type Tools = ReadonlyMap<string, Tool>;

/** What keeps a plan from being carried out, in words for whoever wrote it; empty where nothing does. */
export function planProblems({ tasks, questions }: WrittenPlan, tools: Tools): string[] {
  if (tasks.length === 0 && questions.length === 0) return ['There is neither a task nor a question.'];
  const ids = tasks.map(({ id }) => id);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `Two tasks are called ${id}.`);
  return [...twice, ...tasks.flatMap((task) => taskProblems(task, { ids: new Set(ids), tools })), ...cycleIn(tasks)].slice(0, 12);
}

function taskProblems(task: WrittenTask, { ids, tools }: { ids: Set<string>; tools: Tools }): string[] {
  const about = (problem: string): string => `${task.id}: ${problem}`;
  const strangers = needs(task).filter((id) => !ids.has(id));
  return [
    ...strangers.map((id) => `there is no task ${id}.`),
    ...nestedIn(task.input),
    ...(task.tool === openTool ? openProblems(task, tools) : inputProblems(task, tools)),
    ...task.checks.flatMap((check) => checkProblems(check, tools)),
  ].map(about);
}

export const needs = ({ dependsOn, input }: Pick<WrittenTask, 'dependsOn' | 'input'>): string[] => [
  ...new Set([...dependsOn, ...referencesIn(input)]),
];

function openProblems({ goal, role, tools: named = [] }: WrittenTask, tools: Tools): string[] {
  const mayLookOnly = role !== 'executor';
  const couldChange = named.some((name) => tools.has(name) && riskCeiling(tools.get(name)!) !== 'read');
  return [
    ...(goal === undefined ? ['an open task needs a goal.'] : []),
    ...(role === undefined ? ['an open task needs a role.'] : []),
    ...(role === 'executor' && !couldChange ? ['none of its tools could change anything, so its role is planner.'] : []),
    ...named.filter((name) => !tools.has(name)).map((name) => `${nameOf(name)} is no tool you were given.`),
    ...named
      .filter((name) => mayLookOnly && tools.has(name) && riskCeiling(tools.get(name)!) !== 'read')
      .map((name) => `${name} can change something, and only the role executor may.`),
  ];
}

function inputProblems({ tool: name, input }: Pick<WrittenTask, 'tool' | 'input'>, tools: Tools): string[] {
  const tool = tools.get(name);
  if (!tool) return [`${nameOf(name)} is no tool you were given.`];
  const shape = (tool.input as { shape?: Record<string, unknown> }).shape;
  const strangers = shape ? Object.keys(input).filter((field) => !Object.hasOwn(shape, field)) : [];
  const misplaced = Object.keys(input).filter(
    (field) => isReference(input[field]) && !(tool.dataFields as string[] | undefined)?.includes(field),
  );
  const parsed = tool.input.safeParse(
    Object.fromEntries(Object.entries(input).map(([field, value]) => [field, isReference(value) ? 'text' : value])),
  );
  const issues = parsed.success ? [] : parsed.error.issues.filter(({ path }) => !isReference(input[String(path[0])]));
  return [
    ...strangers.map((field) => `${name} has no input ${JSON.stringify(field.slice(0, 60))}.`),
    ...misplaced.map((field) => `${name}.${field} cannot be filled from another task: write it out, or let an open task do it.`),
    ...issues.slice(0, 4).map(({ path, message }) => `${name}.${path.join('.') || 'input'}: ${message}.`),
  ];
}

function checkProblems(check: WrittenTask['checks'][number], tools: Tools): string[] {
  const tool = tools.get(check.tool);
  if (tool && riskCeiling(tool) !== 'read') return [`a check only reads, and ${check.tool} may change something.`];
  if (referencesIn(check.input).length > 0) return ['a check takes nothing from other tasks.'];
  return inputProblems(check, tools).map((problem) => `in a check, ${problem}`);
}

/** Values are taken from other tasks at the top of an input only. */
function nestedIn(input: Record<string, unknown>): string[] {
  const isNested = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && !isReference(value) && /"\$from"/.test(JSON.stringify(value));
  return Object.entries(input)
    .filter(([field, value]) => field !== 'steps' && isNested(value))
    .map(([field]) => `{"$from": …} stands inside of ${field}; it can only be the whole value of an input.`);
}

/** Throws away what depends on nothing that is left, until nothing changes: the rest waits for itself. */
function cycleIn(tasks: WrittenTask[]): string[] {
  let left = tasks;
  for (let before = -1; before !== left.length;) {
    before = left.length;
    const open = new Set(left.map(({ id }) => id));
    left = left.filter((task) => needs(task).some((id) => open.has(id)));
  }
  return left.length > 0 ? [`${left.map(({ id }) => id).join(', ')} wait for each other.`] : [];
}

const nameOf = (name: string): string => JSON.stringify(name.slice(0, 60));
