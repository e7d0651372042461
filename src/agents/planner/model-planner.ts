import { z } from 'zod';
import { ToolError } from '../../core/errors.ts';
import { jsonSchema, riskCeiling, type Tool } from '../../core/tool.ts';
import { roleOf } from '../intake/draft.ts';
import { openTool, type Context, type Missing, type Task } from '../intake/plan-types.ts';
import { jsonIn } from '../models/loose-json.ts';
import type { Message, ModelReply, ModelRequest } from '../models/model-types.ts';
import { promptText } from '../prompt-text.ts';
import { planForm, type WrittenPlan } from './plan-form.ts';
import { needs, planProblems, type Tools } from './plan-problems.ts';

/** Asks for the n-th reply. */
export type AskPlanner = (
  request: Omit<ModelRequest, 'signal'>,
  round: number,
) => Promise<{ reply: Pick<ModelReply, 'text' | 'stop' | 'native'>; model: string }>;

export interface Wanted {
  request: string;
  /** What was asked back and answered before, oldest first. */
  answered: { question: string; answer: string }[];
  context: Context | undefined;
  /** Those that come near, best first: only they are shown. */
  candidates: Tool[];
  /** All that the caller may use. */
  tools: Tools;
}

export interface ModelPlan {
  tasks: Task[];
  missing: Missing[];
  model: string;
}

/** A plan that cannot be carried out goes back with what is wrong, this often. */
const mostRepairs = 2;
const mostTokens = 4_000;

/** A model's plan. Throws `failed` where it writes none that can be carried out, and what `ask` throws. */
export async function planWithModel(wanted: Wanted, ask: AskPlanner): Promise<ModelPlan> {
  const system = promptText('planner');
  const messages: Message[] = [{ role: 'user', text: question(wanted) }];
  for (let round = 1; round <= mostRepairs + 1; round += 1) {
    const { reply, model } = await ask({ system, messages: [...messages], maxTokens: mostTokens }, round);
    if (reply.stop === 'refused') throw noPlan('refused to plan');
    const read = planIn(reply.text, wanted.tools);
    if ('plan' in read) return { ...read.plan, model };
    messages.push({ role: 'assistant', text: reply.text || '…', toolUses: [], ...(reply.native && { native: reply.native }) });
    messages.push({
      role: 'user',
      text: `That plan cannot be carried out:\n${read.problems.map((one) => `- ${one}`).join('\n')}\nAnswer with the whole corrected JSON only.`,
    });
  }
  throw noPlan('wrote no plan that can be carried out');
}

function planIn(text: string, tools: Tools): { plan: Omit<ModelPlan, 'model'> } | { problems: string[] } {
  const written = planForm.safeParse(jsonIn(text));
  if (!written.success) return { problems: [`It is not of the form: ${z.prettifyError(written.error).slice(0, 1_500)}`] };
  const problems = planProblems(written.data, tools);
  return problems.length > 0 ? { problems } : { plan: planOf(written.data, tools) };
}

/** The role of a call is the runtime's to say, by what its tool can do. */
function planOf({ tasks, questions }: WrittenPlan, tools: Tools): Omit<ModelPlan, 'model'> {
  return {
    missing: questions,
    tasks: tasks.map((task): Task => {
      const { id, tool, input, goal, checks } = task;
      const common = { id, tool, input, dependsOn: needs(task), ...(checks.length > 0 && { checks }) };
      if (tool === openTool) return { ...common, role: task.role!, goal: goal!, tools: task.tools ?? [] };
      return { ...common, role: roleOf(tools.get(tool)!, input) };
    }),
  };
}

function question({ request, answered, context, candidates }: Wanted): string {
  const remembered = context ? `What the owner has said before that may matter:\n<data from="memory">\n${context.text}\n</data>\n\n` : '';
  const answers = answered.map((one) => `You asked: ${one.question}\nThe person answered: ${one.answer}\n`).join('\n');
  return `The request:\n<request>\n${request}\n</request>\n\n${answers}${remembered}The tools:\n${candidates.map(sheet).join('\n')}`;
}

const sheet = (tool: Tool): string =>
  `- ${tool.name} (${riskCeiling(tool) === 'read' ? 'reads' : 'may change'}): ${tool.description} Input: ${JSON.stringify(jsonSchema(tool.input, 'input'))}`;

const noPlan = (what: string): ToolError =>
  new ToolError('failed', `The model ${what}.`, { hint: 'Say it in other words, or name the tool.' });
