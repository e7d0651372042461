import type { Hono } from 'hono';
import { ToolError } from '../../core/errors.ts';
import type { Caller, CallerKind } from '../../core/tool.ts';
import type { ToolFacts } from '../../core/tool-facts.ts';
import type { Gate } from '../../gate/gate-types.ts';
import { createSessionScopes } from '../mcp/session-scope.ts';
import type { Veil } from '../own-paths.ts';
import { parseInput } from '../plain-json.ts';
import { readBody } from './body.ts';
import type { HttpEnv } from './guard.ts';
import { refusal } from './refusals.ts';

const owner: Caller = { kind: 'owner' };
/** Whoever shows the clients' token is a client here too, whatever the path. */
const client: Caller = { kind: 'mcp', name: 'http-api' };

export interface ToolRoutes {
  gate: Gate;
  tools: (caller: CallerKind) => ToolFacts[];
}

/** /api/tools/<name>, /metrics and /hooks/<name>: the gate over HTTP, for the owner or for a client by the token shown. */
export function addTools(app: Hono<HttpEnv>, { gate, tools, veil }: ToolRoutes & { veil: Veil }): void {
  const scopes = createSessionScopes();
  app.get('/metrics', async (c) => {
    const { metrics } = await import('./metrics.ts');
    const { contentType, text } = await metrics(gate, owner);
    return c.body(text, 200, { 'Content-Type': contentType });
  });
  app.all('/hooks/:name', () =>
    refusal(404, { code: 'not_found', message: 'No workflow or watcher listens there.', hint: 'This version has no hooks yet.' }),
  );
  app.post('/api/tools/:name', async (c) => {
    const input = parseInput(await readBody(c.req.raw));
    const [name, { signal }] = [c.req.param('name'), c.req.raw];
    if (c.get('holder') === 'owner') return c.json((await gate.call(owner, name, input, { signal })).output as object);
    const options = { signal, session: scopes.ofClient('') };
    const { output } = await gate.call(client, name, input, options).catch((error: unknown) => {
      throw isOwnersOnly(tools, name) ? withWay(error) : error;
    });
    return c.json(veil.value(output as object));
  });
}

const isOwnersOnly = (tools: ToolRoutes['tools'], name: string): boolean =>
  tools('owner').some((tool) => tool.name === name) && !tools('mcp').some((tool) => tool.name === name);

function withWay(error: unknown): unknown {
  if (!(error instanceof ToolError) || error.code !== 'denied') return error;
  const hint = 'Send the content of the file "owner-token" in the data folder, or give the command yourself: claw --help';
  return new ToolError('denied', error.message, { hint, cause: error });
}
