import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import path from 'node:path';
import type { RedactionStream } from '../../core/redaction/stream.ts';

/** Characters of each stream that are returned: the beginning and the end. The gate cuts what goes to the caller. */
const keptCharacters = 1_000_000;
const longestLine = 8_000;

/** Whole lines only: a piece may end in the middle of a secret. Of a line without an end nothing is told. */
export function lastLine(tell: (line: string) => void): (text: string) => void {
  let recent = '';
  return (text) => {
    recent = (recent + text).slice(-longestLine);
    const end = recent.lastIndexOf('\n');
    if (end === -1) return;
    const line = recent.slice(recent.lastIndexOf('\n', end - 1) + 1, end).trimEnd();
    recent = recent.slice(end + 1);
    if (line !== '') tell(line);
  };
}

export interface KeptOutput {
  add(text: string): void;
  text(): string;
  /** The file, where the output did not fit. */
  close(): Promise<string | undefined>;
}

/** What a program prints: in memory as far as it fits, else whole in a file, without secrets in both. */
export function keepOutput(file: string, redaction: RedactionStream): KeptOutput {
  let head = '';
  let tail = '';
  let length = 0;
  let stream: WriteStream | undefined;
  const half = keptCharacters / 2;
  const add = (text: string): void => {
    length += text.length;
    if (length > keptCharacters && !stream) {
      mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      stream = createWriteStream(file, { mode: 0o600 });
      stream.write(head + tail);
    }
    stream?.write(text);
    const free = Math.max(0, half - head.length);
    head += text.slice(0, free);
    tail = (tail + text.slice(free)).slice(stream ? -half : undefined);
  };
  return {
    add: (text) => add(redaction.push(text)),
    text: () => (stream ? `${head}\n… [${length - head.length - tail.length} more characters in ${file}] …\n${tail}` : head + tail),
    close: () => {
      add(redaction.end());
      return new Promise((resolve) => (stream ? stream.end(() => resolve(file)) : resolve(undefined)));
    },
  };
}
