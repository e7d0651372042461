import { canonicalJson, sha256 } from '../../core/json.ts';
import { referencesIn } from '../../core/reference.ts';
import { readSchedule } from '../../core/schedule.ts';
import type { Caller, Change, Tool } from '../../core/tool.ts';
import type { OpenGate } from '../../gate/gate-types.ts';
import { toolsKey } from '../../gate/reach.ts';
import { plainRequest } from './background.ts';
import { candidatesFor, createDesk, isQuestion, sureEnough, type Desk } from './candidates.ts';
import { changesAsked, type AskedChange } from './changes-asked.ts';
import { contextFor } from './context.ts';
import { Draft } from './draft.ts';
import { addJob } from './job-draft.ts';
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
  changesAsked(caller: Caller, request: string): AskedChange[];
  /** The single wishes in a request. */
  parts(caller: Caller, request: string): string[];
}

/** Tools that carry requests out cannot be what a request asks for. */
export const ownTools = new Set(['intake_run', 'intake_plan', 'tool_search', 'tool_call']);

export function createPlanner({ gate }: { gate: OpenGate }): Planner {
  const desks = new Map<string, { of: Tool[]; desk: Desk }>();
  const deskOf = (caller: Caller): Desk => {
    const tools = gate.list(caller);
    const known = desks.get(toolsKey(caller));
    // Other servers' tools come and go.
    if (known?.of === tools) return known.desk;
    const desk = createDesk(tools.filter((tool) => !ownTools.has(tool.name)));
    desks.set(toolsKey(caller), { of: tools, desk });
    return desk;
  };
  const planner: Planner = {
    plan: async (caller, request, answers = {}) => {
      const desk = deskOf(caller);
      const draft = new Draft(desk, answers);
      const { text, setAside } = plainRequest(request);
      for (const segment of segmentsFor(desk, text.replace(asks, '')).map((one) => asPlain(one, desk))) {
        if (segment.schedule !== undefined) addJob(draft, { ...segment, schedule: segment.schedule, desk, answers });
        else for (const part of splitRequest(segment.text, desk)) draft.add(part);
      }
      const context = draft.missing.length > 0 ? await contextFor({ gate, caller, request }) : undefined;
      if (context && Object.keys(answers).length === 0 && isForMemory(text, { draft, desk }))
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
    changesAsked: (caller, request) => changesAsked(segmentsOf(plainRequest(request).text), deskOf(caller)),
    parts: (caller, request) =>
      segmentsOf(plainRequest(request).text).flatMap(({ text }) => splitRequest(text, deskOf(caller)).map((part) => part.text)),
  };
  return planner;
}

/** A single question that no tool but memory comes near, and that memory has something to say to. */
function isForMemory(text: string, { draft, desk }: { draft: Draft; desk: Desk }): boolean {
  if (draft.tasks.length !== 1 || draft.missing[0]?.field !== 'tool' || !isQuestion.test(text)) return false;
  const [best] = candidatesFor(text, { desk, tasks: [] });
  return best !== undefined && best.tool.name.startsWith('memory_');
}

/** Who may not schedule anything means now. */
const segmentsFor = (desk: Desk, text: string): Segment[] => (desk.tools.has('cron_add') ? segmentsOf(text) : [{ text }]);

/** "what is on tomorrow" asks about a time. A question is work for a job where it is understood without its time, or has a clock time. */
function asPlain(segment: Segment, desk: Desk): Segment {
  const { text, schedule } = segment;
  if (schedule === undefined || !isQuestion.test(text) || readSchedule(schedule)) return segment;
  const [best, next] = candidatesFor(text, { desk, tasks: [] });
  return best && sureEnough(best, next) ? segment : { text: `${text.trim()} ${schedule}` };
}

export async function changesOf({ gate, caller, tasks }: { gate: OpenGate; caller: Caller; tasks: Task[] }): Promise<Change[]> {
  const literal = tasks.filter((task) => task.tool !== '' && task.goal === undefined && referencesIn(task.input).length === 0);
  // A plan may be incomplete or about things that do not exist yet; then there is nothing to show.
  const previews = await Promise.all(literal.map((task) => gate.preview(caller, task.tool, task.input).catch(() => undefined)));
  return previews.flatMap((preview) => preview?.changes ?? []);
}
