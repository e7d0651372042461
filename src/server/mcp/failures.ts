import { ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server';
import { ToolError, type ErrorCode } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Redactor } from '../../core/redact.ts';
import type { Veil } from '../own-paths.ts';

/** Whose fault it was: the one who asked, or ours. */
const codes: Partial<Record<ErrorCode, ProtocolErrorCode>> = {
  invalid_input: ProtocolErrorCode.InvalidParams,
  not_found: ProtocolErrorCode.InvalidParams,
  unknown_tool: ProtocolErrorCode.InvalidParams,
};

/** For the log: the SDK repeats messages in its errors, and what was no call may have a secret that nobody has learnt. */
export const withoutMessage = ({ name, message }: Error): { name: string; message: string } => ({
  name,
  message: message
    .slice(0, 200)
    .split(/[{["'`]/)[0]!
    .trim(),
});

interface FailureParts {
  log: Log;
  veil: Pick<Veil, 'error'>;
  /** For what a client has sent and is told again. */
  redactor?: Pick<Redactor, 'value'>;
}

function protocolErrorOf(error: unknown, { log, veil, redactor }: FailureParts): ProtocolError {
  if (error instanceof ProtocolError) return redactor ? withoutSecrets(error, redactor) : error;
  if (error instanceof ToolError) {
    const { code, message, hint } = veil.error(error);
    return new ProtocolError(codes[code] ?? ProtocolErrorCode.InternalError, message, { code, message, hint });
  }
  log.error('mcp_failed', { error });
  return new ProtocolError(ProtocolErrorCode.InternalError, 'claw failed unexpectedly; its log has the reason.');
}

function withoutSecrets(error: ProtocolError, { value }: Pick<Redactor, 'value'>): ProtocolError {
  const { code, message, data } = error;
  const clean = value({ message, data });
  return clean.message === message && clean.data === data ? error : new ProtocolError(code, clean.message, clean.data);
}

/**
 * The same handler, failing only in ways that a client may see: the SDK shows it the text of any error, and that of one
 * nobody foresaw is for the log.
 */
export const safely =
  <Args extends unknown[], Result>(parts: FailureParts, handle: (...args: Args) => Result | Promise<Result>) =>
  async (...args: Args): Promise<Result> => {
    try {
      return await handle(...args);
    } catch (error) {
      throw protocolErrorOf(error, parts);
    }
  };

type Handler = Parameters<Server['_wrapHandler']>[1];

/** The SDK's server, which calls params of the wrong form an internal error: here they are -32602. */
export class StrictServer extends Server {
  protected override _wrapHandler(method: string, handler: Handler): Handler {
    return super._wrapHandler(method, async (request, ctx) => {
      try {
        return await handler(request, ctx);
      } catch (error) {
        // Our own handlers are wrapped by `safely`, so what is left is the SDK's check of the params.
        if (error instanceof ProtocolError) throw error;
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Invalid params for ${method}.`);
      }
    });
  }
}
