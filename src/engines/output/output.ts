import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { systemCode, ToolError } from '../../core/errors.ts';
import type { Redactor } from '../../core/redact.ts';

/** A piece of an output that was too long for a result. Offsets and lengths are in bytes of UTF-8. */
export interface OutputPage {
  text: string;
  format: 'json' | 'text';
  offset: number;
  /** Of the whole. */
  bytes: number;
  /** Where the rest begins; undefined at the end. */
  nextOffset?: number;
}

/** The outputs that were cut, whole, by the call that made them. */
export interface OutputStore {
  /** Throws `not_found` where the call has none, `invalid_input` where it ends before `offset`. */
  read(callId: string, offset: number): Promise<OutputPage>;
}

const pageBytes = 8_000;
/** A page as a JSON string, quotes and escapes counted, must fit into one result. */
const longestPage = 8_500;
/** What a call's results are written to: all of it, or one stream of a program. */
const endings = ['.json', '.stdout.txt', '.stderr.txt'];

/** A secret may have become known after an output was kept, and lie across two pages; a larger one was cleaned when it was written. */
const mostCleaned = 8 * 1_048_576;

export interface OutputStoreParts {
  folder: string;
  redactor: Pick<Redactor, 'text' | 'value'>;
}

export function createOutputStore({ folder, redactor }: OutputStoreParts): OutputStore {
  const clean = (text: string, format: OutputPage['format']): Buffer =>
    Buffer.from(format === 'text' ? redactor.text(text) : JSON.stringify(redactor.value(JSON.parse(text) as unknown)));
  return {
    read: async (callId, offset) => {
      const { file, format } = await openFirst(folder, callId);
      try {
        const { size } = await file.stat();
        const whole = size <= mostCleaned ? clean(await file.readFile('utf8'), format) : undefined;
        const bytes = whole?.length ?? size;
        if (offset > bytes)
          throw new ToolError('invalid_input', `The output of ${callId} has ${bytes} bytes.`, {
            hint: 'Begin at 0, go on with nextOffset.',
          });
        const found = whole?.subarray(offset, offset + pageBytes + 1) ?? (await readPage(file, offset));
        const { text, used } = pageOf(found);
        const end = offset + used;
        return { text, format, offset, bytes, ...(end < bytes && { nextOffset: end }) };
      } finally {
        await file.close();
      }
    },
  };
}

async function openFirst(folder: string, callId: string): Promise<{ file: FileHandle; format: OutputPage['format'] }> {
  // Ids have letters, digits and underscores only, so the file is in the folder.
  for (const ending of /^\w+$/.test(callId) ? endings : []) {
    try {
      return { file: await open(path.join(folder, `${callId}${ending}`)), format: ending === '.json' ? 'json' : 'text' };
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }
  throw new ToolError('not_found', `No output of "${callId}" is kept.`, { hint: 'Only what was too long is kept; its result has a link.' });
}

/** One byte more than a page shows whether a character is cut at its end. */
async function readPage(file: FileHandle, offset: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(pageBytes + 1), 0, pageBytes + 1, offset);
  return buffer.subarray(0, bytesRead);
}

function pageOf(found: Buffer): { text: string; used: number } {
  for (let most = pageBytes; ; most = Math.floor(most / 2)) {
    const used = endOfCharacter(found, Math.min(most, found.length));
    const text = found.toString('utf8', 0, used);
    if (JSON.stringify(text).length <= longestPage) return { text, used };
  }
}

/** Bytes that continue a character are 10xxxxxx (RFC 3629). */
function endOfCharacter(bytes: Buffer, most: number): number {
  let end = most;
  while (end > 0 && end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return end === 0 ? most : end;
}
