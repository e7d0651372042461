import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from './scenario.ts';

export interface Arrived {
  method: string;
  path: string;
  body: string;
}

export interface Web extends AsyncDisposable {
  /** `127.0.0.1:<port>` */
  host: string;
  requests: Arrived[];
}

/** A server on loopback that keeps all it gets. Paths without a page are 404; what is sent to it is answered with 200. */
export async function startWeb(pages: () => Record<string, Page>): Promise<Web> {
  const requests: Arrived[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const { method = 'GET', url: target = '/' } = request;
      requests.push({ method, path: target, body });
      const found = pages()[target.split('?')[0]!] ?? (method === 'POST' ? 'received' : { status: 404, body: 'not found' });
      const page = typeof found === 'string' ? { body: found } : found;
      response.writeHead(page.status ?? 200, { 'content-type': 'text/plain', ...page.headers }).end(page.body ?? '');
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
