import { ToolError } from '../../core/errors.ts';
import type { Caller } from '../../core/tool.ts';
import type { RunContext } from '../../durable/backend.ts';
import { replyAsStep } from '../loop/model-step.ts';
import type { ModelDesk } from '../models/model-desk.ts';
import type { createChooser, PlanRequest } from './choose-plan.ts';
import type { Missing, Plan } from './plan-types.ts';

interface Planning {
  chooser: ReturnType<typeof createChooser>;
  models: Pick<ModelDesk, 'reply'>;
  caller: Caller;
  request: string;
}

/** How often a request may come back with another question. */
const mostQuestions = 8;
const planningMs = 180_000;

/** Plans, asks for what is missing, plans again with the answer. Undefined where the person calls it off. */
export async function completePlan(run: RunContext, { chooser, models, caller, request }: Planning): Promise<Plan | undefined> {
  const answers: PlanRequest['answers'] = {};
  const answered: PlanRequest['answered'] = [];
  for (let round = 0; round <= mostQuestions; round += 1) {
    const id = round === 0 ? 'plan' : `plan-${round}`;
    const spec = { id, tool: 'intake_plan', input: { request, ...(round > 0 && { answers: { ...answers } }) }, idempotent: true };
    const ask: PlanRequest['ask'] = async (asked, nth) => {
      const told = { task: { id, role: 'planner' as const }, round: nth, request: asked, spentMs: 0, leftMs: planningMs };
      const reply = await replyAsStep({ run, caller, models }, told);
      return { reply, model: reply.model };
    };
    const plan = await run.step<Plan>(spec, ({ signal }) => chooser.plan({ caller, request, answers, answered, ask, signal }));
    run.setState({ plan });
    const [first] = plan.missing;
    if (!first) {
      if (plan.tasks.length > 0) return plan;
      throw new ToolError('invalid_input', 'There is nothing to do in that request.', {
        hint: 'Say what you want in a sentence, such as: check the disk of this machine.',
      });
    }
    const answer = String(
      await run.waitSignal(`answer:${round}`, { question: { key: String(round), text: asked(first, plan), missing: plan.missing } }),
    );
    if (/^(?:no|cancel|stop|nothing|never ?mind|forget it|abort)[.!]?$/i.test(answer.trim())) return undefined;
    answered.push({ question: first.question, answer });
    if (plan.madeBy?.planner !== 'model') answers[`${first.task}.${first.field}`] = answer;
  }
  throw new ToolError('answer_required', `It is still not clear after ${mostQuestions} questions.`, {
    hint: 'Make a new request that names the tool and its values.',
  });
}

/** With what the owner has said before, which may hold the answer, and with why no model planned. */
const asked = ({ question }: Missing, { context, madeBy }: Plan): string =>
  [question, ...(context ? [context.text] : []), ...(madeBy?.reason === undefined ? [] : [`(${madeBy.reason})`])].join('\n');
