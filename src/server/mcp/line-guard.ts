import { once } from 'node:events';
import { Transform, type Readable, type Writable } from 'node:stream';
import { checkMessage, faultMessage, tooLong, type Fault } from './message-guard.ts';
import { scanMessage } from '../message-scan.ts';

/** The SDK closes the connection over 10 MiB, so a longer line must not reach it. */
const longestLine = 10 * 1_048_576 - 1_024;
const lineEnd = 10;

/**
 * Lets through only lines that are JSON-RPC 2.0 messages, and answers the others itself. One line is kept at most; a longer
 * one is read to its end and forgotten on the way. While the client does not read its answers, nothing more is read from it.
 */
export function guardLines(input: Readable, output: Writable): Readable {
  let parts: Buffer[] = [];
  let length = 0;
  let scan = scanMessage();
  const guard = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let start = 0;
      for (let end = chunk.indexOf(lineEnd); end !== -1; end = chunk.indexOf(lineEnd, start)) {
        take(chunk.subarray(start, end));
        finishLine(this);
        start = end + 1;
      }
      take(chunk.subarray(start));
      if (output.writableNeedDrain && !output.destroyed) void drained(output).then(() => done());
      else done();
    },
  });
  const take = (piece: Buffer): void => {
    length += piece.length;
    scan.push(piece);
    if (length <= longestLine) parts.push(piece);
    else parts = [];
  };
  const finishLine = (target: Transform): void => {
    const checked = length > longestLine ? { fault: tooLong(scan, longestLine) } : checkLine();
    parts = [];
    length = 0;
    scan = scanMessage();
    if (checked?.fault) answer(output, checked.fault);
    else if (checked) target.push(`${JSON.stringify(checked.message)}\n`);
  };
  const checkLine = (): ReturnType<typeof checkMessage> | undefined => {
    const line = Buffer.concat(parts);
    return isBlank(line) ? undefined : checkMessage(line, scan);
  };
  return input.pipe(guard);
}

const isBlank = (line: Buffer): boolean => line.every((byte) => byte === 32 || byte === 9 || byte === 13);

function answer(output: Writable, fault: Fault): void {
  if (!fault.isSilent) output.write(`${JSON.stringify(faultMessage(fault))}\n`);
}

/** Resolves when the client has read, or has gone. */
async function drained(output: Writable): Promise<void> {
  const over = new AbortController();
  const heard = ['drain', 'close'].map((event) => once(output, event, { signal: over.signal }));
  await Promise.race(heard).catch(() => {});
  over.abort();
}
