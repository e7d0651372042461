import { faultMessage, type Fault, type RpcId } from '../mcp/message-guard.ts';

/** A JSON-RPC error as an HTTP answer. */
export const rpcError = (status: number, code: number, message: string, id: RpcId | null = null): Response =>
  Response.json({ jsonrpc: '2.0', error: { code, message }, id }, { status });

export const faultResponse = (fault: Fault, status = 400): Response => Response.json(faultMessage(fault), { status });

interface RpcErrorBody {
  id?: RpcId | null;
  error?: { code: number; message: string; data?: unknown };
}

/**
 * The SDK answers what it refuses before it looks at the message with `id: null`, which leaves whoever asked waiting, and
 * puts the text of unforeseen errors into `data`. Answers to messages that it did look at pass as they are.
 */
export async function answeredTo(id: RpcId | undefined, response: Response): Promise<Response> {
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  if (id === undefined || response.ok || !isJson) return response;
  const body = (await response.json()) as RpcErrorBody;
  if (body.error === undefined || (body.id ?? null) !== null) return Response.json(body, response);
  const { code, message } = body.error;
  return rpcError(response.status, code, message, id);
}
