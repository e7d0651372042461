import type { Readable, Writable } from 'node:stream';
import type { McpServerFactory } from '@modelcontextprotocol/server';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import type { Log } from '../../core/log.ts';
import type { Changes } from '../../gate/changes.ts';
import { withoutMessage } from './failures.ts';
import { guardLines } from './line-guard.ts';
import { followListens } from './subscriptions.ts';
import { refusedVersion } from './version-guard.ts';

export interface StdioParts {
  factory: McpServerFactory;
  input: Readable;
  output: Writable;
  log: Log;
  changes: Changes;
  /** Ends it before the client does. */
  signal?: AbortSignal;
}

/** MCP over a pair of streams: this process's own, or a bridge's socket. Resolves when the client has gone; its calls are then cancelled. */
export async function serveMcpStdio({ factory, input, output, log, changes, signal }: StdioParts): Promise<void> {
  const guarded = guardLines(input, output);
  const transport = new StdioServerTransport(guarded, output);
  const ended = new Promise<void>((resolve) => {
    guarded.once('end', resolve).once('close', resolve);
    output.once('close', resolve).on('error', () => resolve());
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
  const listens = followListens(changes, factory);
  const handle = serveStdio(listens.factory, {
    transport,
    onerror: (error) => log.debug('mcp_stdio_error', { error: withoutMessage(error) }),
  });
  const deliver = transport.onmessage;
  transport.onmessage = (message) => {
    const refusal = refusedVersion(message);
    if (refusal) return void transport.send(refusal);
    listens.see(message);
    deliver?.(message);
  };
  await ended;
  listens.end();
  await handle.close();
}
