import { connect } from 'node:net';

export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Sends these bytes on a connection of their own and returns what comes back until the server ends it, or `waitMs` pass. */
export function rawHttp(port: number, text: string, waitMs = 5_000, to = '127.0.0.1'): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(port, to, () => socket.write(text));
    const timer = setTimeout(() => socket.destroy(), waitMs);
    socket.setEncoding('utf8').on('data', (piece: string) => (received += piece));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(parsed(received));
    });
  });
}

export interface RawRequest {
  method?: string;
  path?: string;
  headers?: Record<string, string | string[] | undefined>;
  body?: string;
}

/** A request as text, with exactly these headers: fetch would put in a Host of its own. */
export function requestText({ method = 'GET', path = '/', headers = {}, body }: RawRequest): string {
  const all = { ...headers, Connection: 'close', ...(body !== undefined && { 'Content-Length': String(Buffer.byteLength(body)) }) };
  const lines = Object.entries(all).flatMap(([name, value]) => [value ?? []].flat().map((one) => `${name}: ${one}`));
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}

function parsed(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  return { status: Number(first.split(' ')[1] ?? 0), headers, body: rest.join('\r\n\r\n') };
}
