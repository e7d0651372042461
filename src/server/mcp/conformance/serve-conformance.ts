import { randomBytes } from 'node:crypto';
import { createRequestStateCodec, inputRequired, type ServerContext } from '@modelcontextprotocol/server';
import { ToolError } from '../../../core/errors.ts';
import { silentLog } from '../../../core/log.ts';
import { version } from '../../../core/version.ts';
import type { Gate } from '../../../gate/gate-types.ts';
import { serveHttp, type HttpServer } from '../../http/http-server.ts';
import { createMcpRoutes } from '../../http/mcp-routes.ts';
import { noVeil } from '../../own-paths.ts';
import type { PromptBook, ResourceBook } from '../mcp-parts.ts';
import { createMcpFactory } from '../mcp-server.ts';
import { usualPatienceMs } from '../patience.ts';
import { answerFixtures } from './answer-fixtures.ts';
import { png } from './fixture-content.ts';
import { answerTo, questionFixtures } from './question-fixtures.ts';

/** The fixtures of the conformance suite behind our own MCP and HTTP layers: no tools of claw's, no data, no token. */
export async function serveConformance(port: number): Promise<HttpServer> {
  const stateKey = randomBytes(32);
  const codec = createRequestStateCodec({ key: stateKey, ttlSeconds: 600, bind: (ctx) => ctx.mcpReq.method });
  const factory = createMcpFactory({
    gate: noTools,
    tools: [],
    caller: { kind: 'mcp' },
    toolsets: ['all'],
    resources,
    prompts,
    showApproval: () => Promise.reject(new Error('fixtures need no approval')),
    answerApproval: () => Promise.reject(new Error('fixtures need no approval')),
    hold: refuse,
    changes: { listen: () => () => {} },
    patienceMs: usualPatienceMs,
    instructions: 'Fixtures of the conformance suite.',
    version: version(),
    stateKey,
    protocolTools: [...answerFixtures, ...questionFixtures((value, ctx) => codec.mint(value, ctx))],
    log: silentLog,
    veil: noVeil,
  });
  const mcp = createMcpRoutes({ factory, log: silentLog, polling: { retryInterval: 50 } });
  return serveHttp({ api: undefined, mcp, host: '127.0.0.1', port, tokens: undefined, log: silentLog, veil: noVeil });
}

const fixturesOnly = (): ToolError =>
  new ToolError('unknown_tool', 'There are fixtures only.', { hint: 'Start claw serve without --conformance.' });
const refuse = (): Promise<never> => Promise.reject(fixturesOnly());
const noTools: Gate = { call: refuse, verify: refuse, preview: refuse };

const templateUri = 'test://template/{id}/data';

const resources: ResourceBook = {
  list: () => [
    { uri: 'test://static-text', name: 'static text', mimeType: 'text/plain' },
    { uri: 'test://static-binary', name: 'static binary', mimeType: 'image/png' },
    { uri: 'test://watched-resource', name: 'watched', mimeType: 'text/plain' },
  ],
  templates: () => [{ uriTemplate: templateUri, name: 'template', mimeType: 'application/json' }],
  read: async (uri) => {
    if (uri === 'test://static-text') return [{ uri, mimeType: 'text/plain', text: 'This is the content of the static text resource.' }];
    if (uri === 'test://static-binary') return [{ uri, mimeType: 'image/png', blob: png }];
    if (uri === 'test://watched-resource') return [{ uri, mimeType: 'text/plain', text: 'Watched.' }];
    const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
    return id === undefined
      ? undefined
      : [{ uri, mimeType: 'application/json', text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) }];
  },
  complete: async () => [],
};

type Message = Exclude<Awaited<ReturnType<PromptBook['get']>>, undefined>;
const user = (content: object): object => ({ role: 'user', content });
const messages = (...contents: object[]): Message => ({ messages: contents.map(user) }) as unknown as Message;
const words = (text: string): object => ({ type: 'text', text });

const promptTexts: Record<string, (args: Record<string, string>, ctx: ServerContext) => Message> = {
  test_simple_prompt: () => messages(words('This is a simple prompt for testing.')),
  test_prompt_with_arguments: ({ arg1, arg2 }) => messages(words(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  test_prompt_with_embedded_resource: ({ resourceUri }) =>
    messages(
      { type: 'resource', resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' } },
      words('Please process the embedded resource above.'),
    ),
  test_prompt_with_image: () => messages({ type: 'image', data: png, mimeType: 'image/png' }, words('Please analyze the image above.')),
  test_input_required_result_prompt: (_args, ctx) => {
    const context = (answerTo(ctx, 'user_context')?.content as { context?: string } | undefined)?.context;
    if (context !== undefined) return messages(words(`Use this context: ${context}`));
    const requestedSchema = { type: 'object' as const, properties: { context: { type: 'string' as const } }, required: ['context'] };
    return inputRequired({
      inputRequests: { user_context: inputRequired.elicit({ message: 'What context should the prompt use?', requestedSchema }) },
    });
  },
};

const promptArguments: Record<string, string[]> = {
  test_prompt_with_arguments: ['arg1', 'arg2'],
  test_prompt_with_embedded_resource: ['resourceUri'],
};

const prompts: PromptBook = {
  list: () =>
    Object.keys(promptTexts).map((name) => ({
      name,
      description: 'Conformance fixture.',
      arguments: (promptArguments[name] ?? []).map((argument) => ({ name: argument, required: true })),
    })),
  get: async (name, args, { ctx }) => promptTexts[name]?.(args, ctx),
  complete: (_prompt, _argument, value) => ['paris', 'park', 'party'].filter((one) => one.startsWith(value)),
};
