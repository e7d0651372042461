import type * as Sdk from '@modelcontextprotocol/client';
import { newId } from '../../core/ids.ts';
import type { Log } from '../../core/log.ts';
import { version } from '../../core/version.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { longestDefinition, type Definition } from './definition.ts';
import type { Opened } from './opened-settings.ts';

/** One live connection to a server. */
export interface Link {
  /** What the server calls itself, its version and the protocol's. */
  about: string;
  /** All of its tools. Throws what the SDK throws. */
  tools(signal?: AbortSignal): Promise<Definition[]>;
  call(tool: Definition, args: Record<string, unknown>, options: LinkCall): Promise<LinkResult>;
  /** Whether it still answers, within 5 s. */
  isAlive(): Promise<boolean>;
  isOpen(): boolean;
  close(): Promise<void>;
}

export interface LinkCall {
  signal: AbortSignal;
  onProgress: (progress: { progress: number; total?: number; message?: string }) => void;
}

export type LinkResult = Awaited<ReturnType<Sdk.Client['callTool']>>;

export interface LinkEvents {
  /** The server says that its tools have changed. */
  onToolsChanged: () => void;
  onClose: () => void;
  /** How long it may take to be ready. */
  startMs: number;
  log: Log;
}

const longestProbeMs = 5_000;
const listMs = 30_000;
const aliveMs = 5_000;
/** The gate has the deadline; this one only must not be shorter. */
const longestCallMs = 2 ** 31 - 1;
const mostTools = 500;
const mostPages = 50;
const mostNotes = 50;

/**
 * Starts or reaches the server and agrees on a revision of MCP: 2026-07-28 where it knows it, else what `initialize` gives. Throws
 * where that does not come about in time. Of what servers may ask of their clients nothing is offered.
 */
export async function openLink(opened: Opened, events: LinkEvents): Promise<Link> {
  try {
    return await connect(opened, events, {});
  } catch (error) {
    // Older servers may end at a first message that is not `initialize`.
    if (opened.kind !== 'child' || !wasClosed(error)) throw error;
    return connect(opened, events, { prior: { kind: 'legacy' } });
  }
}

const wasClosed = (error: unknown): boolean => /closed|ended|not connected/i.test(String(error));

async function connect(opened: Opened, { onToolsChanged, onClose, startMs, log }: LinkEvents, options: Sdk.ConnectOptions): Promise<Link> {
  const sdk = await import('@modelcontextprotocol/client');
  const client = new sdk.Client(
    { name: 'claw', version: version() },
    {
      capabilities: {},
      versionNegotiation: { mode: 'auto', probe: { timeoutMs: Math.min(longestProbeMs, startMs / 3) } },
      inputRequired: { autoFulfill: false },
      listChanged: { tools: { autoRefresh: false, onChanged: onToolsChanged } },
      listMaxPages: mostPages,
    },
  );
  const transport = transportFor(sdk, opened, log);
  let isOpen = false;
  client.onclose = () => {
    if (isOpen) onClose();
    isOpen = false;
  };
  client.onerror = (error) => log.debug('mcp_source_error', { error: error.name });
  const close = async (): Promise<void> => {
    isOpen = false;
    await client.close().catch(() => {});
    await transport.close().catch(() => {});
  };
  try {
    await client.connect(transport, { timeout: startMs, signal: AbortSignal.timeout(startMs), ...options });
  } catch (error) {
    await close();
    throw error;
  }
  isOpen = true;
  const list = async (timeout: number, signal?: AbortSignal): Promise<Definition[]> =>
    (await client.listTools(undefined, { timeout, signal, cacheMode: 'refresh' })).tools.slice(0, mostTools).filter(isFit);
  return {
    about: aboutOf(client),
    tools: (signal) => list(listMs, signal),
    call: (tool, args, { signal, onProgress }) =>
      client.callTool(
        { name: tool.name, arguments: args },
        {
          signal,
          timeout: longestCallMs,
          onprogress: onProgress,
          // Its output schema is the server's own affair: a broken one must not keep its tool from being called.
          toolDefinition: { name: tool.name, inputSchema: { ...tool.inputSchema, type: 'object' } },
        },
      ),
    isAlive: () =>
      list(aliveMs).then(
        () => true,
        () => false,
      ),
    isOpen: () => isOpen,
    close,
  };
}

function transportFor(sdk: typeof Sdk, opened: Opened, log: Log): Sdk.Transport {
  if (opened.kind !== 'child') {
    const options = { requestInit: { headers: opened.headers }, fetch: boundedFetch };
    return opened.kind === 'sse'
      ? new sdk.SSEClientTransport(opened.url, options)
      : new sdk.StreamableHTTPClientTransport(opened.url, options);
  }
  let notes = 0;
  const onNote = (text: string): void => {
    if ((notes += 1) <= mostNotes) log.debug('mcp_source_stderr', { text: text.slice(0, 500) });
  };
  return new opened.Transport({ ...opened.spec, mark: newId('src'), onNote }, new sdk.ReadBuffer());
}

/** Too long to be read by a person is too long to be approved. */
const isFit = (tool: Definition): boolean => tool.name.length <= 200 && JSON.stringify(tool).length <= longestDefinition;

function aboutOf(client: Sdk.Client): string {
  const { name = 'a server', version: of = '' } = client.getServerVersion() ?? {};
  return `${name.slice(0, 100)} ${of.slice(0, 40)}, MCP ${client.getNegotiatedProtocolVersion() ?? 'of unknown revision'}`.replace(
    ' ,',
    ',',
  );
}
