import type { Readable, Writable } from 'node:stream';
import type { McpServerFactory } from '@modelcontextprotocol/server';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import type { Log } from '../../core/log.ts';
import { guardLines } from './line-guard.ts';
import { refusedVersion } from './version-guard.ts';

export interface StdioParts {
  factory: McpServerFactory;
  input: Readable;
  output: Writable;
  log: Log;
  /** Ends it before the client does. */
  signal?: AbortSignal;
}

/** MCP over a pair of streams: this process's own, or a bridge's socket. Resolves when the client has gone; its calls are then cancelled. */
export async function serveMcpStdio({ factory, input, output, log, signal }: StdioParts): Promise<void> {
  const guarded = guardLines(input, output);
  const transport = new StdioServerTransport(guarded, output);
  const ended = new Promise<void>((resolve) => {
    guarded.once('end', resolve).once('close', resolve);
    output.once('close', resolve).on('error', () => resolve());
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
  const handle = serveStdio(factory, { transport, onerror: (error) => log.debug('mcp_stdio_error', { error }) });
  const deliver = transport.onmessage;
  transport.onmessage = (message) => {
    const refusal = refusedVersion(message);
    if (refusal) void transport.send(refusal);
    else deliver?.(message);
  };
  await ended;
  await handle.close();
}
