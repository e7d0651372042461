import {
  isJSONRPCRequest,
  PROTOCOL_VERSION_META_KEY,
  UnsupportedProtocolVersionError,
  type JSONRPCErrorResponse,
  type JSONRPCMessage,
} from '@modelcontextprotocol/server';

/** The revision in which each request names its own; earlier ones agree on theirs in `initialize`. */
const served = '2026-07-28';

/**
 * The answer (-32022) to a request that names a revision which is not served. The SDK looks only at what opens a connection
 * and would serve it later on; over HTTP it looks at each request.
 */
export function refusedVersion(message: JSONRPCMessage): JSONRPCErrorResponse | undefined {
  if (!isJSONRPCRequest(message) || message.method === 'initialize') return undefined;
  const requested = message.params?._meta?.[PROTOCOL_VERSION_META_KEY];
  if (typeof requested !== 'string' || requested === served) return undefined;
  const { code, message: text, data } = new UnsupportedProtocolVersionError({ supported: [served], requested });
  return { jsonrpc: '2.0', id: message.id, error: { code, message: text, data } };
}
