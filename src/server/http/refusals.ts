import type { Socket } from 'node:net';
import { systemCode, type ErrorCode, type ErrorShape, type ToolError } from '../../core/errors.ts';

export type RefusalStatus = 400 | 401 | 403 | 404 | 405 | 408 | 409 | 413 | 422 | 429 | 431 | 500 | 503 | 504;

const statuses: Partial<Record<ErrorCode, RefusalStatus>> = {
  invalid_input: 400,
  unknown_tool: 404,
  not_found: 404,
  conflict: 409,
  denied: 403,
  approval_required: 403,
  answer_required: 422,
  too_large: 413,
  unavailable: 503,
  bad_config: 503,
  timeout: 504,
};

/** Every refusal over HTTP has the shape of every other error: `{"error":{"code","message","hint"}}`. */
export function refusal(status: RefusalStatus, error: ErrorShape, headers: Record<string, string> = {}): Response {
  return Response.json({ error }, { status, headers: { 'Cache-Control': 'no-store', ...headers } });
}

/** A foreseen failure, with the status that says whose turn it is. What is over for now says when to try again. */
export function refusalOf(error: ToolError): Response {
  const status = statuses[error.code] ?? 500;
  return refusal(status, error.toJSON(), status === 503 ? { 'Retry-After': '1' } : {});
}

const unparsed: Record<string, [RefusalStatus, string, ErrorCode, string, string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'timeout', 'The request did not arrive in time.', 'Send it again, without pauses.'],
  HPE_HEADER_OVERFLOW: [
    431,
    'Request Header Fields Too Large',
    'too_large',
    'The head of the request is too long.',
    'Send fewer or shorter headers.',
  ],
};
const malformed = [400, 'Bad Request', 'invalid_input', 'This is not an HTTP request.', 'Speak HTTP/1.1 here.'] as const;

/** What the parser refuses never becomes a request: it is answered on the bare connection, which then ends. */
export function answerUnparsed(error: Error, socket: Socket): void {
  if (!socket.writable || systemCode(error) === 'ECONNRESET') return void socket.destroy();
  const [status, reason, code, message, hint] = unparsed[systemCode(error)] ?? malformed;
  const body = JSON.stringify({ error: { code, message, hint } });
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
