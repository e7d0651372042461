import { ToolError } from '../../core/errors.ts';

/** Bytes of a request's body, at most. */
export const mostBodyBytes = 4 * 1_048_576;

/** The whole body. Throws `too_large`, as soon as that is known, and `invalid_input` where it ends early. */
export async function readBody(request: Request, mostBytes = mostBodyBytes): Promise<Buffer> {
  if (Number(request.headers.get('content-length') ?? 0) > mostBytes) throw tooLarge(mostBytes);
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of request.body ?? []) {
      length += part.length;
      if (length > mostBytes) break;
      parts.push(part);
    }
  } catch (error) {
    throw new ToolError('invalid_input', 'The body ended before it was whole.', { hint: 'Send it again.', cause: error });
  }
  if (length > mostBytes) throw tooLarge(mostBytes);
  return Buffer.concat(parts);
}

const tooLarge = (mostBytes: number): ToolError =>
  new ToolError('too_large', `The body is longer than ${mostBytes / 1_048_576} MiB.`, {
    hint: 'Send less, or put it into a file on the machine and name the file.',
  });
