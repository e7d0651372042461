import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { onTestFinished } from 'vitest';
import { notesServer } from './notes.ts';

export interface NotesOverHttp {
  url: string;
  /** The authorization headers that came. */
  authorizations: (string | undefined)[];
}

/** The notes over Streamable HTTP on loopback, for whoever brings that token. */
export async function startNotesOverHttp(folder: string, token?: string): Promise<NotesOverHttp> {
  const authorizations: (string | undefined)[] = [];
  const handler = createMcpHandler(() => notesServer(folder));
  const server = createServer((request, response) => void answer(request, response));
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    authorizations.push(request.headers.authorization);
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) return void response.writeHead(401).end();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = 'GET', headers } = request;
    const body = chunks.length > 0 ? Buffer.concat(chunks) : undefined;
    const given = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' ? [[name, value]] : [],
    );
    const result = await handler.fetch(
      new Request(`http://127.0.0.1${request.url ?? ''}`, { method, headers: given, ...(body && { body }) }),
    );
    response.writeHead(result.status, Object.fromEntries(result.headers));
    for await (const chunk of result.body ?? []) response.write(chunk);
    response.end();
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, authorizations };
}
