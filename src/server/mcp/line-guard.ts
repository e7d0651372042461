import { Transform, type Readable, type Writable } from 'node:stream';

/** The SDK closes the connection over 10 MiB, so a longer line must not reach it. */
const longestLine = 10 * 1_048_576 - 1_024;

/**
 * Lets through only lines that are JSON-RPC 2.0 messages, and answers the others itself: the SDK drops broken JSON
 * without a word, and one line that is too long would end the connection for all that follow.
 */
export function guardLines(input: Readable, output: Writable): Readable {
  let parts: Buffer[] = [];
  let length = 0;
  const guard = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let start = 0;
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
        take(chunk.subarray(start, end));
        finishLine(this);
        start = end + 1;
      }
      take(chunk.subarray(start));
      done();
    },
  });
  const take = (piece: Buffer): void => {
    length += piece.length;
    if (length <= longestLine) parts.push(piece);
    else parts = [];
  };
  const finishLine = (target: Transform): void => {
    const line = Buffer.concat(parts).toString('utf8');
    const wasTooLong = length > longestLine;
    parts = [];
    length = 0;
    if (wasTooLong) return answer(output, null, -32_600, 'The message is longer than 10 MiB.');
    if (line.trim() === '') return;
    const fault = faultOf(line);
    if (fault) answer(output, fault.id, fault.code, fault.message);
    else target.push(`${line}\n`);
  };
  return input.pipe(guard);
}

interface Fault {
  id: string | number | null;
  code: number;
  message: string;
}

/** Codes of JSON-RPC 2.0, section 5.1. A response or notification is never answered. */
export function faultOf(line: string): Fault | undefined {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    return { id: null, code: -32_700, message: 'Parse error' };
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    return { id: null, code: -32_600, message: 'Invalid Request' };
  const { jsonrpc, id, method, params, result, error } = message as Record<string, unknown>;
  const legalId = typeof id === 'string' || (typeof id === 'number' && Number.isInteger(id)) ? id : null;
  if (jsonrpc !== '2.0') return { id: legalId, code: -32_600, message: 'Invalid Request' };
  if (method === undefined && (result !== undefined || error !== undefined)) return undefined;
  if (typeof method !== 'string' || (id !== undefined && legalId === null))
    return { id: legalId, code: -32_600, message: 'Invalid Request' };
  if (params !== undefined && (typeof params !== 'object' || params === null || Array.isArray(params)))
    return { id: legalId, code: -32_602, message: 'Invalid params' };
  return undefined;
}

function answer(output: Writable, id: Fault['id'], code: number, message: string): void {
  output.write(`${JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } })}\n`);
}
