import { PassThrough } from 'node:stream';
import { onTestFinished } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { mcpFactory, type McpSurfaceOptions } from '../../src/server/mcp/mcp-surface.ts';
import { serveMcpStdio } from '../../src/server/mcp/stdio.ts';
import type { TestApp } from './app.ts';
import { root } from './processes.ts';

export interface RpcAnswer {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { code: number; message: string; data?: unknown };
}

/** A client of MCP over lines, in this process. */
export interface McpLines {
  /** Of the 2026-07-28 revision unless `meta` says otherwise; resolves with its answer. */
  ask(method: string, params?: Record<string, unknown>, meta?: Record<string, unknown>): Promise<RpcAnswer>;
  notify(method: string, params?: Record<string, unknown>): void;
  /** What came without being asked for. */
  notifications: RpcAnswer[];
  /** The id that the next `ask` takes. */
  nextId(): number;
}

export const modernMeta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'lines', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

export function connectLines(
  app: TestApp,
  options: McpSurfaceOptions = {},
  more: Partial<Parameters<typeof mcpFactory>[0]> = {},
): McpLines {
  const input = new PassThrough();
  const output = new PassThrough();
  const waiting = new Map<number, (answer: RpcAnswer) => void>();
  const notifications: RpcAnswer[] = [];
  let last = 0;
  let rest = '';
  output.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop()!;
    for (const message of lines.map((line) => JSON.parse(line) as RpcAnswer)) {
      if (message.id === undefined) notifications.push(message);
      else waiting.get(message.id)?.(message);
    }
  });
  const factory = mcpFactory({ app, root, paths: app.paths, ...more }, options);
  const served = serveMcpStdio({ factory, input, output, log: silentLog, changes: app.changes });
  onTestFinished(async () => {
    input.end();
    await served;
  });
  const write = (message: object): void => void input.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  return {
    ask: (method, params = {}, meta = modernMeta) => {
      const id = (last += 1);
      const answer = new Promise<RpcAnswer>((resolve) => waiting.set(id, resolve));
      write({ id, method, params: { ...params, _meta: meta } });
      return answer;
    },
    notify: (method, params = {}) => write({ method, params: { ...params, _meta: modernMeta } }),
    notifications,
    nextId: () => last + 1,
  };
}
