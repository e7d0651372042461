import type { Socket } from 'node:net';

/** Bytes of a line: an input of the largest size, and room for what stands around it. */
const longestLine = 12 * 1_048_576;
const lineEnd = 10;

/** Lines over a socket, as bytes: a character may be cut anywhere on the way. One that is too long ends the connection. */
export function onLines(socket: Socket, onLine: (line: Buffer) => void): void {
  let parts: Buffer[] = [];
  let length = 0;
  socket.on('data', (chunk: Buffer) => {
    let start = 0;
    for (let end = chunk.indexOf(lineEnd); end !== -1 && !socket.destroyed; end = chunk.indexOf(lineEnd, start)) {
      const line = Buffer.concat([...parts, chunk.subarray(start, end)]);
      parts = [];
      length = 0;
      start = end + 1;
      onLine(line);
    }
    parts.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > longestLine) socket.destroy();
  });
}

/** A line that is a JSON object; undefined where it is anything else. */
export function objectOf(line: Buffer): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(line.toString('utf8')) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

export function send(socket: Socket, message: unknown): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
}
