import { ProtocolError, ProtocolErrorCode, ResourceNotFoundError, type McpServerFactory } from '@modelcontextprotocol/server';
import type { Caller } from '../../core/tool.ts';
import { safely, StrictServer, withoutMessage } from './failures.ts';
import type { McpParts } from './mcp-parts.ts';
import { createSessionScopes } from './session-scope.ts';
import { createSubscriptions } from './subscriptions.ts';
import { createToolCaller } from './tool-call.ts';
import { listedTool, shownTools } from './tool-list.ts';

/** Lists do not change while the server runs, so clients may keep them. */
const cacheHint = { ttlMs: 3_600_000, cacheScope: 'private' as const };

/** One definition for every era and transport: the SDK asks for an instance per connection or per request. */
export function createMcpFactory(parts: McpParts): McpServerFactory {
  const { resources, prompts, redactor, protocolTools = [] } = parts;
  const readOnly = parts.caller.readOnly === true;
  const tools = [
    ...shownTools(parts.tools, { toolsets: parts.toolsets, readOnly }).map(listedTool),
    ...protocolTools.map((tool) => tool.definition),
  ];
  const byName = new Map(protocolTools.map((tool) => [tool.definition.name, tool]));

  const scopes = createSessionScopes();

  return ({ era, requestInfo }) => {
    const connection = scopes.ofConnection();
    // The stateless protocol has a server per request; there the client's name has to tell.
    const isOneRequest = era === 'modern' && requestInfo !== undefined;
    const session = (): string => (isOneRequest ? scopes.ofClient(clientName() ?? '') : connection);
    const caller = (): Caller => ({ ...parts.caller, ...(clientName() && { name: clientName() }) });
    const toolCaller = createToolCaller(parts, { caller, session });
    const server = new StrictServer(
      { name: 'claw', title: 'claw', version: parts.version },
      {
        capabilities: {
          tools: {},
          resources: { subscribe: true },
          prompts: {},
          completions: {},
          ...(protocolTools.length > 0 && { logging: {} }),
        },
        instructions: parts.instructions,
        requestState: { verify: (state, ctx) => toolCaller.codec.verify(state, ctx) },
        cacheHints: {
          'tools/list': cacheHint,
          'prompts/list': cacheHint,
          'resources/list': cacheHint,
          'resources/templates/list': cacheHint,
        },
      },
    );
    // It gets into rows of questions and rules, which are compared and so not redacted.
    const clientName = (): string | undefined => {
      const name = server.getClientVersion()?.name;
      return (redactor ? redactor.value(name) : name)?.slice(0, 60);
    };
    server.onerror = (error) => parts.log.debug('mcp_error', { error: withoutMessage(error) });

    server.setRequestHandler('tools/list', () => ({ tools }));
    server.setRequestHandler(
      'tools/call',
      safely(parts, ({ params }, ctx) => {
        const fixture = byName.get(params.name);
        return fixture ? fixture.call(params.arguments ?? {}, ctx) : toolCaller.call(params, ctx, server);
      }),
    );
    server.setRequestHandler('resources/list', () => ({ resources: resources.list() }));
    server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: resources.templates() }));
    server.setRequestHandler(
      'resources/read',
      safely(parts, async ({ params }) => {
        const contents = await resources.read(params.uri, { caller: caller(), session: session() });
        if (!contents) throw new ResourceNotFoundError(params.uri);
        return { contents: parts.veil.value(contents) };
      }),
    );
    const subscriptions = createSubscriptions(parts.changes, (uri) => void server.sendResourceUpdated({ uri }).catch(server.onerror));
    server.onclose = subscriptions.end;
    server.setRequestHandler('resources/subscribe', ({ params }) => (subscriptions.add(params.uri), {}));
    server.setRequestHandler('resources/unsubscribe', ({ params }) => (subscriptions.remove(params.uri), {}));
    server.setRequestHandler('prompts/list', async () => ({ prompts: await prompts.list() }));
    server.setRequestHandler(
      'prompts/get',
      safely(parts, async ({ params }, ctx) => {
        await parts.learned?.();
        const prompt = await prompts.get(params.name, params.arguments ?? {}, { ctx, reader: { caller: caller(), session: session() } });
        if (!prompt)
          throw new ProtocolError(
            ProtocolErrorCode.InvalidParams,
            `No prompt ${JSON.stringify(params.name.slice(0, 60))}; prompts/list names them.`,
          );
        return redactor ? redactor.value(prompt) : prompt;
      }),
    );
    server.setRequestHandler(
      'completion/complete',
      safely(parts, async ({ params: { ref, argument } }) => {
        const found =
          ref.type === 'ref/prompt'
            ? await prompts.complete(ref.name, argument.name, argument.value)
            : await resources.complete(ref.uri, argument.name, argument.value, { caller: caller(), session: session() });
        return { completion: { values: found.slice(0, 100), total: found.length, hasMore: found.length > 100 } };
      }),
    );
    return server;
  };
}
