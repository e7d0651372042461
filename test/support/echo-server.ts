import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Seen {
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface EchoServer {
  /** `127.0.0.1:<port>` */
  host: string;
  url: string;
  requests: Seen[];
}

/**
 * A server on loopback that records what it gets and sends it back; `/redirect?<status>&<url>` redirects. It answers
 * 401 to `/private` without the bearer token it was given.
 */
export async function startEchoServer(token = ''): Promise<EchoServer> {
  const requests: Seen[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const target = request.url ?? '';
      requests.push({ path: target, headers: request.headers, body });
      const [, status, url] = /^\/redirect\?(\d+)&(.*)$/.exec(target) ?? [];
      if (status !== undefined) return response.writeHead(Number(status), { location: url }).end();
      const isKnown = target !== '/private' || request.headers.authorization === `Bearer ${token}`;
      response
        .writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' })
        .end(JSON.stringify({ headers: request.headers, body }));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { host, url: `http://${host}`, requests };
}
