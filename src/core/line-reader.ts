import { readSync } from 'node:fs';

const blockBytes = 1_048_576;
const newline = 10;

export interface FileLine {
  /** Without its end. Bytes, because different bytes may decode to the same text. */
  bytes: Buffer;
  /** The file's last line, where nothing ends it. */
  isTorn: boolean;
}

/** The lines of an open file up to `end` bytes. Holds one block, not the file. */
export function* fileLines(descriptor: number, end: number): Generator<FileLine> {
  let rest: Buffer = Buffer.alloc(0);
  for (let at = 0; at < end;) {
    const block = Buffer.alloc(Math.min(blockBytes, end - at));
    const count = readSync(descriptor, block, 0, block.length, at);
    if (count === 0) break;
    at += count;
    const found = Buffer.concat([rest, block.subarray(0, count)]);
    let from = 0;
    for (let to = found.indexOf(newline); to !== -1; to = found.indexOf(newline, from)) {
      yield { bytes: found.subarray(from, to), isTorn: false };
      from = to + 1;
    }
    rest = found.subarray(from);
  }
  if (rest.length > 0) yield { bytes: rest, isTorn: true };
}
