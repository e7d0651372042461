import { lacksTime, readSchedule } from '../../core/schedule.ts';
import { isReference } from '../../core/reference.ts';
import { plainRequest } from './background.ts';
import type { Desk } from './candidates.ts';
import { Draft } from './draft.ts';
import type { Missing, Task } from './plan-types.ts';
import type { Answers } from './planner.ts';
import { asks } from './prose.ts';
import { splitRequest } from './split.ts';

interface Wanted {
  /** What is to be done. */
  text: string;
  /** When, in the person's words. */
  schedule: string;
  desk: Desk;
  answers: Answers;
}

/** What is to be done at set times is planned like any other wish; its plan is the body of a job. */
export async function addJob(draft: Draft, { text, schedule, desk, answers }: Wanted): Promise<void> {
  const id = draft.nextId;
  const prefix = `${id}-`;
  const inner = new Draft(desk, answers, prefix);
  const wish = plainRequest(text).text.replace(asks, '');
  const again = theSame.test(wish) ? draft.tasks.at(-1) : undefined;
  if (again) inner.put({ ...again, id: inner.nextId, dependsOn: [] }, { text, missing: [], confidence: 1 });
  else if (remindsOf.test(wish)) await remind(inner, wish, answers[`${inner.nextId}.tool`]);
  else for (const part of splitRequest(wish, desk)) await inner.add(part);
  const when = completed(schedule, answers[`${id}.schedule`]);
  const missing: Missing[] = when === undefined ? [{ task: id, field: 'schedule', question: whenAsked(schedule) }] : [];
  const input = {
    schedule: when ?? schedule,
    name: wish.replace(/[.!?\s]+$/, '').slice(0, 100),
    steps: inner.tasks.map((task) => stepOf(task, prefix)),
  };
  const task: Task = { id, role: 'executor', tool: 'cron_add', input, dependsOn: [] };
  draft.put(task, { text, missing: [...missing, ...inner.missing], confidence: inner.confidence });
}

/** What was just asked for. */
const theSame = /^(?:do|run|repeat)\s+(?:the\s+same|it|that|this)(?:\s+again)?$/i;

const remindsOf = /^remind (?:me|us) (?:to |that |of |about )?/i;

/** As long as claw cannot send a message, what is to become of a reminder is for the person to say. */
async function remind(draft: Draft, wish: string, answer: string | undefined): Promise<void> {
  const text = `Reminder: ${wish.replace(remindsOf, '').replace(/[.!?\s]+$/, '')}`;
  const id = draft.nextId;
  if (answer !== undefined && !/^y(?:es)?\b|memory/i.test(answer)) return draft.add({ text: answer, isLoose: false, isAfter: false });
  const question = 'claw cannot send you a message yet. Shall it put a note into its memory then (yes), or which tool shall it use?';
  const missing: Missing[] = answer === undefined ? [{ task: id, field: 'tool', question }] : [];
  const task: Task = { id, role: 'executor', tool: answer === undefined ? '' : 'memory_remember', input: { text }, dependsOn: [] };
  draft.put(task, { text: wish, missing, confidence: 1 });
}

const whenAsked = (schedule: string): string =>
  lacksTime(schedule) ? `At what time, for "${schedule}"?` : `When is "${schedule}"? As in "weekdays at 8:30" or "every 2 hours".`;

/** With the time of day that was asked for, or another schedule in the place of one that cannot be read. */
function completed(schedule: string, answer: string | undefined): string | undefined {
  if (readSchedule(schedule)) return schedule;
  if (answer === undefined) return undefined;
  return [answer.trim(), `${schedule} at ${answer.trim()}`, `${schedule} ${answer.trim()}`].find((text) => readSchedule(text));
}

/** Within the job a task is called by its own number. */
function stepOf({ id, tool, input }: Task, prefix: string): { id: string; tool: string; input: Record<string, unknown> } {
  const own = (name: string): string => name.slice(prefix.length);
  const entries = Object.entries(input).map(([field, value]) =>
    isReference(value)
      ? [field, { ...value, $from: Array.isArray(value.$from) ? value.$from.map(own) : own(value.$from) }]
      : [field, value],
  );
  return { id: own(id), tool, input: Object.fromEntries(entries) as Record<string, unknown> };
}
