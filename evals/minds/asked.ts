import type { ModelServer } from '../../test/support/scripted-provider.ts';

/** What a model has been asked, whichever provider's way it came. */
export interface Asked {
  /** The model's id without its provider: in evals each role has a model of its own name. */
  role: string;
  system: string;
  /** All that was put before it in the conversation, in order: by a person, the runtime, or a tool. */
  heard: string[];
  /** The calls it has made so far, with what came back where that is there. */
  uses: Use[];
  tools: OfferedTool[];
  /** JSON Schema that its text shall fit. */
  schema?: Record<string, unknown>;
}

export interface Use {
  id: string;
  name: string;
  input: Record<string, unknown>;
  result?: string;
}

export interface OfferedTool {
  name: string;
  schema: Record<string, unknown>;
}

/** Reads a request of the Anthropic Messages API or of OpenAI Chat Completions. */
export function askedIn({ path, body }: ModelServer['requests'][number]): Asked {
  return path.endsWith('/messages') ? fromAnthropic(body as unknown as AnthropicBody) : fromChat(body as unknown as ChatBody);
}

interface Block {
  type: string;
  text?: string;
  id?: string;
  name?: string;
  input?: Record<string, unknown>;
  tool_use_id?: string;
  content?: string | Block[];
}

interface AnthropicBody {
  model: string;
  system?: string | Block[];
  messages: { role: string; content: string | Block[] }[];
  tools?: { name: string; input_schema: Record<string, unknown> }[];
  output_config?: { format?: { schema?: Record<string, unknown> } };
}

function fromAnthropic({ model, system = '', messages, tools = [], output_config: form }: AnthropicBody): Asked {
  const asked: Asked = {
    role: model,
    system: textOf(system),
    heard: [],
    uses: [],
    tools: tools.map(({ name, input_schema: schema }) => ({ name, schema })),
    schema: form?.format?.schema,
  };
  for (const { role, content } of messages) {
    const blocks: Block[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
    for (const block of blocks) {
      if (block.type === 'tool_use') asked.uses.push({ id: block.id!, name: block.name!, input: block.input ?? {} });
      else if (block.type === 'tool_result') hear(asked, block.tool_use_id!, textOf(block.content ?? ''));
      else if (role === 'user') asked.heard.push(block.text ?? '');
    }
  }
  return asked;
}

interface ChatBody {
  model: string;
  messages: {
    role: string;
    content: string | Block[] | null;
    tool_call_id?: string;
    tool_calls?: { id: string; function: { name: string; arguments: string } }[];
  }[];
  tools?: { function: { name: string; parameters: Record<string, unknown> } }[];
  response_format?: { json_schema?: { schema?: Record<string, unknown> } };
}

function fromChat({ model, messages, tools = [], response_format: form }: ChatBody): Asked {
  const asked: Asked = {
    role: model,
    system: '',
    heard: [],
    uses: [],
    tools: tools.map(({ function: { name, parameters: schema } }) => ({ name, schema })),
    schema: form?.json_schema?.schema,
  };
  for (const { role, content, tool_call_id: use, tool_calls: calls = [] } of messages) {
    const text = textOf(content ?? '');
    if (role === 'system') asked.system += text;
    else if (role === 'tool') hear(asked, use!, text);
    else if (role === 'user') asked.heard.push(text);
    for (const { id, function: call } of calls)
      asked.uses.push({ id, name: call.name, input: JSON.parse(call.arguments || '{}') as Use['input'] });
  }
  return asked;
}

function hear(asked: Asked, id: string, result: string): void {
  asked.heard.push(result);
  const use = asked.uses.findLast((one) => one.id === id && one.result === undefined);
  if (use) use.result = result;
}

const textOf = (content: string | Block[]): string =>
  typeof content === 'string' ? content : content.map(({ text = '' }) => text).join('\n');
