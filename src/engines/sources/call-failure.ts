import { ToolError } from '../../core/errors.ts';

/** What went wrong between claw and a server, in words of ours: those of the server are data, and have no place in an error. */
export function callFailure(source: string, error: unknown): ToolError {
  if (error instanceof ToolError) return error;
  const { code, status } = (error ?? {}) as { code?: unknown; status?: unknown };
  const failed = (what: string, hint: string): ToolError =>
    new ToolError('failed', `The MCP server ${source} ${what}.`, { hint, cause: error });
  if (code === 'UNSUPPORTED_RESULT_TYPE' || code === 'INPUT_REQUIRED_ROUNDS_EXCEEDED')
    return failed('asks something back, which claw does not answer', 'Give it all that it needs with the call.');
  if (code === -32602) return failed('refuses these arguments', 'tool_search shows what the tool takes.');
  if (code === -32601) return failed('does not know this method', `claw source test ${source} lists its tools again.`);
  if (typeof code === 'number') return failed(`answered with error ${code}`, 'CLAW_LOG=debug shows what it writes.');
  if (code === 'INVALID_RESULT') return failed('gave an answer that is no MCP', 'CLAW_LOG=debug shows what it writes.');
  if (status === 401 || status === 403) return failed(`wants other credentials (HTTP ${status})`, 'Check its headers in mcp.json.');
  return new ToolError('unknown_outcome', `The connection to the MCP server ${source} broke; what the call has done is not known.`, {
    hint: 'Look at the result by another way before repeating it.',
    cause: error,
  });
}
