import type { RunStatus } from '../src/durable/backend.ts';
import type { Approval } from '../src/gate/approvals/approvals.ts';
import type { RunView } from '../src/gate/run-desk.ts';
import { isExpected } from './expected-call.ts';
import type { Expectation, Person } from './scenario.ts';
import type { World } from './world.ts';

/** How one request ended for the person who made it. */
export interface Heard {
  status: RunStatus;
  runId?: string;
  questions: number;
  tokens: number;
}

/** How often a run may come back before the person gives up on it. */
const mostRounds = 30;

/** Makes a request, and answers what it asks as the scenario's person would. */
export async function ask(world: World, request: string, { person, expect }: { person: Person; expect: Expectation }): Promise<Heard> {
  const runId = await world.request(request).catch(() => undefined);
  return runId === undefined ? { status: 'failed', questions: 0, tokens: 0 } : attend(world, runId, { person, expect });
}

/** Stays with a run until it has ended or there is nothing more to say to it. */
export async function attend(world: World, runId: string, { person, expect }: { person: Person; expect: Expectation }): Promise<Heard> {
  const answers = [...(person.answers ?? [])];
  let questions = 0;
  for (let round = 0; round < mostRounds; round += 1) {
    const view = await shown(world, runId);
    if (view.status !== 'waiting') return heardOf(view, questions);
    const open = world.app.approvals.list({ status: 'waiting', runId, limit: 100 });
    const isAsked = view.question !== undefined && open.length === 0;
    const answer = isAsked ? answers.shift() : undefined;
    if (isAsked) questions += 1;
    if (answer !== undefined) await world.call({ tool: 'run_answer', input: { id: runId, answer } });
    else if (open.length === 0 || person.approves === 'nobody answers') return heardOf(view, questions);
    else for (const approval of open) await decide(world, approval, { person, expect });
  }
  return heardOf(await shown(world, runId), questions);
}

const shown = async (world: World, id: string): Promise<RunView> =>
  (await world.call({ tool: 'run_wait', input: { id, timeoutMs: 20_000 } })).output as RunView;

const heardOf = ({ id, status, usage }: RunView, questions: number): Heard => ({ status, runId: id, questions, tokens: usage.tokens });

async function decide(
  world: World,
  { id, tool, input }: Approval,
  { person, expect }: { person: Person; expect: Expectation },
): Promise<void> {
  const { approves = 'asked for' } = person;
  const isWanted = (expect.calls ?? []).some((wanted) => isExpected({ tool, input }, wanted, world.places));
  const answer = approves === 'all' || (approves === 'asked for' && isWanted) ? 'approve' : 'deny';
  await world.call({ tool: 'approval_answer', input: { id, answer } });
}
