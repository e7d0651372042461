import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { eventsOf, type Turn } from './model-wire.ts';

export interface ModelServer {
  url: string;
  /** The bodies of the requests so far. */
  requests: { path: string; headers: IncomingMessage['headers']; body: Record<string, unknown> }[];
}

export type Script = Turn[] | ((request: ModelServer['requests'][number], index: number) => Turn);

/** A model provider on loopback with a script for a model, as the official clients read it. A script that is over answers 500. */
export async function openScriptedProvider(script: Script): Promise<ModelServer & Disposable> {
  const requests: ModelServer['requests'] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const asked = { path: request.url ?? '', headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) as never };
    const index = requests.push(asked) - 1;
    const turn = typeof script === 'function' ? script(asked, index) : (script[index] ?? { status: 500 });
    await wait(turn.delayMs ?? 0);
    answer(asked.path, turn, response);
  };
  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function answer(path: string, turn: Turn, response: ServerResponse): void {
  if (turn.status !== undefined) {
    const body = { type: 'error', error: { type: 'scripted_error', message: 'as the script says' } };
    response.writeHead(turn.status, { 'content-type': 'application/json', ...turn.headers }).end(JSON.stringify(body));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of eventsOf(path, turn)) response.write(event);
  if (turn.cut) setTimeout(() => response.destroy(), 20);
  else if (!turn.stalls) response.end();
}
