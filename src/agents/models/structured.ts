import { z } from 'zod';
import { ToolError } from '../../core/errors.ts';
import { looseJson } from './loose-json.ts';
import type { Message, ModelReply, ModelRequest } from './model-types.ts';

/** How often a reply that does not fit is asked for again, with what is wrong with it. */
const mostRepairs = 1;

type Ask<Told> = (request: ModelRequest) => Promise<Told & { reply: ModelReply }>;

/** A reply whose text is JSON of the schema; `told` is the last asking's. Throws `failed` where the model keeps writing something else. */
export async function structuredReply<T, Told>(
  request: ModelRequest,
  schema: z.ZodType<T>,
  ask: Ask<Told>,
): Promise<{ data: T; told: Told }> {
  const messages: Message[] = [...request.messages];
  for (let round = 0; ; round += 1) {
    const told = await ask({ ...request, messages });
    const { text, native } = told.reply;
    const checked = schema.safeParse(looseJson(text));
    if (checked.success) return { data: checked.data, told };
    if (round === mostRepairs || told.reply.stop === 'refused') throw unfit(told.reply, checked.error);
    messages.push({ role: 'assistant', text, toolUses: [], ...(native && { native }) });
    messages.push({ role: 'user', text: `That does not fit the schema: ${z.prettifyError(checked.error)}\nAnswer with the JSON only.` });
  }
}

function unfit({ stop }: ModelReply, error: z.ZodError): ToolError {
  if (stop === 'refused')
    return new ToolError('failed', 'The model refused to answer.', { hint: 'Ask in other words, or ask another model.' });
  const [issue] = error.issues;
  return new ToolError('failed', `The model gave no answer of the asked form (at ${issue?.path.join('.') || 'the whole'}).`, {
    hint: stop === 'length' ? 'Its answer was cut off: allow more maxTokens.' : 'Ask for a simpler form, or ask another model.',
  });
}
