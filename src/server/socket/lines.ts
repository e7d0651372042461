import type { Socket } from 'node:net';

const longestLine = 12 * 1_048_576;

/** Newline-delimited JSON over a socket. A line that is none, or is too long, ends the connection. */
export function onLines(socket: Socket, onMessage: (message: Record<string, unknown>) => void): void {
  let rest = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    rest += chunk;
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
      const message = parse(rest.slice(0, end));
      rest = rest.slice(end + 1);
      if (!message) return void socket.destroy();
      onMessage(message);
    }
    if (rest.length > longestLine) socket.destroy();
  });
}

export function send(socket: Socket, message: unknown): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
