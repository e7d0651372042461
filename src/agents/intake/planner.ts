import { canonicalJson, sha256 } from '../../core/json.ts';
import { referencesIn } from '../../core/reference.ts';
import { readSchedule } from '../../core/schedule.ts';
import type { Caller, Change } from '../../core/tool.ts';
import type { OpenGate } from '../../gate/gate-types.ts';
import { plainRequest } from './background.ts';
import { candidatesFor, createDesk, isQuestion, sureEnough, type Desk } from './candidates.ts';
import { changesAsked, type AskedChange } from './changes-asked.ts';
import type { Router } from '../routing/router.ts';
import type { Routers } from '../routing/routers.ts';
import { contextFor } from './context.ts';
import { Draft } from './draft.ts';
import { addJob } from './job-draft.ts';
import { withoutMarkers } from './lists.ts';
import type { Plan, Task } from './plan-types.ts';
import { asks } from './prose.ts';
import { segmentsOf, type Segment } from './schedule-phrase.ts';
import { splitRequest } from './split.ts';

/** Answers to the questions of earlier plans of the same request, by `<task>.<field>`. */
export type Answers = Record<string, string>;

/** Turns a request into a plan, without a model: split, route, fill. What it cannot know it asks. */
export interface Planner {
  plan(caller: Caller, request: string, answers?: Answers): Promise<Plan>;
  /** What the request plainly wants changed: without a proof of it nobody may say it is done. */
  changesAsked(caller: Caller, request: string): Promise<AskedChange[]>;
  /** The single wishes in a request. */
  parts(caller: Caller, request: string): Promise<string[]>;
}

/** Tools that carry requests out cannot be what a request asks for. */
export const ownTools = new Set(['intake_run', 'intake_plan', 'tool_search', 'tool_call']);

export function createPlanner({ gate, routers }: { gate: OpenGate; routers: Routers }): Planner {
  const desks = new WeakMap<Router, Desk>();
  const deskOf = async (caller: Caller): Promise<Desk> => {
    const listed = gate.list(caller);
    const { router, taught } = await routers.for(listed);
    const desk = desks.get(router) ?? createDesk({ tools: listed.filter(({ name }) => !ownTools.has(name)), taught, router });
    desks.set(router, desk);
    return desk;
  };
  const planner: Planner = {
    plan: async (caller, request, answers = {}) => {
      const desk = await deskOf(caller);
      const draft = new Draft(desk, answers);
      const { text, setAside } = plainRequest(withoutMarkers(request));
      for (const segment of segmentsFor(desk, text.replace(asks, ''))) {
        const { text: wish, schedule } = await asPlain(segment, desk);
        if (schedule !== undefined) await addJob(draft, { text: wish, schedule, desk, answers });
        else for (const part of splitRequest(wish, desk)) await draft.add(part);
      }
      const context = draft.missing.length > 0 ? await contextFor({ gate, caller, request }) : undefined;
      if (context && Object.keys(answers).length === 0 && (await isForMemory(text, { draft, desk })))
        return planner.plan(caller, request, { 't1.tool': 'memory_recall' });
      const { tasks, missing, confidence } = draft;
      const changes = await changesOf({ gate, caller, tasks });
      return {
        hash: sha256(canonicalJson(tasks)),
        tasks,
        missing,
        confidence,
        changes,
        ...(setAside.length > 0 && { setAside }),
        ...(context && { context }),
      };
    },
    changesAsked: async (caller, request) => changesAsked(segmentsOf(plainRequest(request).text), await deskOf(caller)),
    parts: async (caller, request) => {
      const desk = await deskOf(caller);
      return segmentsOf(plainRequest(request).text).flatMap(({ text }) => splitRequest(text, desk).map((part) => part.text));
    },
  };
  return planner;
}

/** A single question that no tool but memory comes near, and that memory has something to say to. */
async function isForMemory(text: string, { draft, desk }: { draft: Draft; desk: Desk }): Promise<boolean> {
  if (draft.tasks.length !== 1 || draft.missing[0]?.field !== 'tool' || !isQuestion.test(text)) return false;
  const [best] = await candidatesFor(text, { desk, tasks: [] });
  return best !== undefined && best.tool.name.startsWith('memory_');
}

/** Who may not schedule anything means now. */
const segmentsFor = (desk: Desk, text: string): Segment[] => (desk.tools.has('cron_add') ? segmentsOf(text) : [{ text }]);

/** "what is on tomorrow" asks about a time. A question is work for a job where it comes again and is understood without its time, or has a clock time. */
async function asPlain(segment: Segment, desk: Desk): Promise<Segment> {
  const { text, schedule } = segment;
  if (schedule === undefined || !isQuestion.test(text) || readSchedule(schedule)) return segment;
  if (habit.test(text)) return { text: `${text.trim()} ${schedule}` };
  const [best, next] = await candidatesFor(text, { desk, tasks: [] });
  return /^(?:every|each|\w+ly|\w+s)\b/i.test(schedule) && best && sureEnough(best, next)
    ? segment
    : { text: `${text.trim()} ${schedule}` };
}

/** "how many files change every day" asks what happens anyway. */
const habit = /\b(?:change|run|start|happen|fire|arrive|come|go|occur|fail|grow|use|write|need|get)s?\s*$/i;

export async function changesOf({ gate, caller, tasks }: { gate: OpenGate; caller: Caller; tasks: Task[] }): Promise<Change[]> {
  const literal = tasks.filter((task) => task.tool !== '' && task.goal === undefined && referencesIn(task.input).length === 0);
  // A plan may be incomplete or about things that do not exist yet; then there is nothing to show.
  const previews = await Promise.all(literal.map((task) => gate.preview(caller, task.tool, task.input).catch(() => undefined)));
  return previews.flatMap((preview) => preview?.changes ?? []);
}
