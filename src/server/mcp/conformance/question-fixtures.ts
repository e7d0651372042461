import { inputRequired, type InputRequiredResult, type ServerContext } from '@modelcontextprotocol/server';
import type { ProtocolTool } from '../mcp-parts.ts';
import { clientCapabilities } from './answer-fixtures.ts';
import { fixture, said } from './fixture-content.ts';

type Schema = Parameters<typeof inputRequired.elicit>[0] extends { requestedSchema: infer S } ? S : never;
type Requests = NonNullable<Parameters<typeof inputRequired>[0]['inputRequests']>;

const form = (message: string, properties: Record<string, object>, required = Object.keys(properties)): Requests[string] =>
  inputRequired.elicit({ message, requestedSchema: { type: 'object', properties, required } as unknown as Schema });
const oneField = (message: string, field: string, type = 'string'): Requests[string] => form(message, { [field]: { type } });
const sample = (words: string, maxTokens = 100): Requests[string] =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: words } }], maxTokens });

/** What the client answered under a key; undefined where it answered nothing usable. */
export const answerTo = (ctx: ServerContext, key: string): Record<string, unknown> | undefined => {
  const answer = ctx.mcpReq.inputResponses?.[key];
  return typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : undefined;
};
const content = (ctx: ServerContext, key: string): Record<string, unknown> | undefined =>
  answerTo(ctx, key)?.content as Record<string, unknown> | undefined;
const sampled = (ctx: ServerContext, key: string): string => JSON.stringify(answerTo(ctx, key)?.content ?? null);

const primitives = {
  name: { type: 'string', default: 'John Doe' },
  age: { type: 'integer', default: 30 },
  score: { type: 'number', default: 95.5 },
  status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
  verified: { type: 'boolean', default: true },
};
const options = ['option1', 'option2', 'option3'];
const titled = [1, 2, 3].map((n) => ({ const: `value${n}`, title: `Choice ${n}` }));
const enums = {
  untitledSingle: { type: 'string', enum: options },
  titledSingle: { type: 'string', oneOf: titled },
  legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Option One', 'Option Two', 'Option Three'] },
  untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
  titledMulti: { type: 'array', items: { anyOf: titled } },
};

/** A signer of state; the server verifies it before a fixture sees it. */
export type Mint = (value: unknown, ctx: ServerContext) => Promise<string>;

/** Fixtures that ask the client: by input_required, which the SDK turns into requests for earlier revisions. */
export function questionFixtures(mint: Mint): ProtocolTool[] {
  const withState = async (ctx: ServerContext, step: string, inputRequests: Requests): Promise<InputRequiredResult> =>
    inputRequired({ inputRequests, requestState: await mint({ step }, ctx) });
  const stepOf = (ctx: ServerContext): string | undefined => ctx.mcpReq.requestState<{ step: string }>()?.step;
  const elicited = (name: string, inputRequest: (args: Record<string, unknown>) => Requests[string], prefix: string): ProtocolTool =>
    fixture(name, (args, ctx) => {
      const answer = answerTo(ctx, 'answer');
      if (!answer) return inputRequired({ inputRequests: { answer: inputRequest(args) } });
      return said(`${prefix}: action=${String(answer.action)}, content=${JSON.stringify(answer.content ?? {})}`);
    });
  return [
    elicited(
      'test_elicitation',
      ({ message }) =>
        form(String(message), {
          username: { type: 'string', description: "User's response" },
          email: { type: 'string', description: "User's email address" },
        }),
      'User response',
    ),
    elicited('test_elicitation_sep1034_defaults', () => form('Check the defaults', primitives, []), 'Elicitation completed'),
    elicited('test_elicitation_sep1330_enums', () => form('Choose', enums, []), 'Elicitation completed'),
    elicited('test_streaming_elicitation', () => oneField('What is your name?', 'name'), 'Elicitation completed'),
    fixture('test_sampling', ({ prompt }, ctx) =>
      answerTo(ctx, 'answer')
        ? said(`LLM response: ${sampled(ctx, 'answer')}`)
        : inputRequired({ inputRequests: { answer: sample(String(prompt)) } }),
    ),
    fixture('test_input_required_result_elicitation', (_args, ctx) => {
      const name = content(ctx, 'user_name')?.name;
      return typeof name === 'string'
        ? said(`Hello, ${name}!`)
        : inputRequired({ inputRequests: { user_name: oneField('What is your name?', 'name') } });
    }),
    fixture('test_input_required_result_sampling', (_args, ctx) =>
      answerTo(ctx, 'capital_question')
        ? said(sampled(ctx, 'capital_question'))
        : inputRequired({ inputRequests: { capital_question: sample('What is the capital of France?') } }),
    ),
    fixture('test_input_required_result_list_roots', (_args, ctx) => {
      const roots = answerTo(ctx, 'client_roots')?.roots;
      return roots
        ? said(`Roots: ${JSON.stringify(roots)}`)
        : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
    }),
    fixture('test_input_required_result_request_state', async (_args, ctx) =>
      stepOf(ctx) === 'confirm' && answerTo(ctx, 'confirm')
        ? said('state-ok')
        : withState(ctx, 'confirm', { confirm: oneField('Please confirm', 'ok', 'boolean') }),
    ),
    fixture('test_input_required_result_tampered_state', async (_args, ctx) =>
      stepOf(ctx) === 'confirm' && answerTo(ctx, 'confirm')
        ? said('state-ok')
        : withState(ctx, 'confirm', { confirm: oneField('Please confirm', 'ok', 'boolean') }),
    ),
    fixture('test_input_required_result_multiple_inputs', async (_args, ctx) => {
      const isComplete = ['user_name', 'greeting', 'client_roots'].every((key) => answerTo(ctx, key));
      if (stepOf(ctx) === 'all' && isComplete)
        return said(
          `${JSON.stringify(content(ctx, 'user_name'))} ${sampled(ctx, 'greeting')} ${JSON.stringify(answerTo(ctx, 'client_roots'))}`,
        );
      return withState(ctx, 'all', {
        user_name: oneField('What is your name?', 'name'),
        greeting: sample('Generate a greeting', 50),
        client_roots: inputRequired.listRoots(),
      });
    }),
    fixture('test_input_required_result_multi_round', async (_args, ctx) => {
      if (stepOf(ctx) === 'two' && answerTo(ctx, 'step2')) return said(`Your color: ${JSON.stringify(content(ctx, 'step2'))}`);
      if (stepOf(ctx) === 'one' && answerTo(ctx, 'step1'))
        return withState(ctx, 'two', { step2: oneField('Step 2: What is your favorite color?', 'color') });
      return withState(ctx, 'one', { step1: oneField('Step 1: What is your name?', 'name') });
    }),
    fixture('test_input_required_result_capabilities', (_args, ctx) => {
      const { sampling, elicitation, roots } = clientCapabilities(ctx);
      const inputRequests: Requests = {
        ...(sampling && { thought: sample('Say something') }),
        ...(elicitation && { user_name: oneField('What is your name?', 'name') }),
        ...(roots && { client_roots: inputRequired.listRoots() }),
      };
      const keys = Object.keys(inputRequests);
      if (keys.length === 0) return said('This client can be asked nothing.');
      return keys.every((key) => answerTo(ctx, key)) ? said('All was answered.') : inputRequired({ inputRequests });
    }),
  ];
}
