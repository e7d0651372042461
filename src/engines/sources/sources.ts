import { ToolError } from '../../core/errors.ts';
import type { Redactor } from '../../core/redact.ts';
import { useBy, type SecretUse } from '../../core/secret.ts';
import type { SourceSettings } from '../../core/source-settings.ts';
import type { Change, Tool, ToolContext } from '../../core/tool.ts';
import { callFailure } from './call-failure.ts';
import { createConnections, type ConnectionParts } from './connections.ts';
import type { Link } from './link.ts';
import { createOwnerQuestions, type QuestionDesk } from './owner-questions.ts';
import { createSourceBook, isCallable, type Known } from './source-book.ts';
import type { SourceFile } from './source-file.ts';
import type { SourceRows, ToolRow } from './source-rows.ts';
import { sourceTool } from './source-tool.ts';
import { changesOf, hashOf, viewOf, waitingOf, type SourceView } from './source-view.ts';
import { specOf } from './definition.ts';
import { resultOf, type ResultParts, type SourceOutput } from './tool-result.ts';

/** Tools of other MCP servers: those that are there now, for the gate and for whoever chooses among tools. */
export interface ForeignTools {
  /** Also one that waits for approval. */
  find(name: string): Tool | undefined;
  /** Those that may be called. The same list for as long as nothing changes. */
  list(): Tool[];
}

/** MCP servers that the owner has named in mcp.json, and their tools. None is started before it is needed. */
export interface Sources extends ForeignTools {
  overview(): Promise<SourceView[]>;
  /** Throws `not_found`. */
  show(name: string): Promise<SourceView>;
  error(): string | undefined;
  /** What the owner should know of. */
  warnings(): string[];
  /** What approving it now would let in. */
  changes(name: string): Change[];
  add(ctx: ToolContext, name: string, settings: SourceSettings): Promise<SourceView>;
  /** Its entry in mcp.json as it was. */
  remove(name: string): Promise<SourceSettings>;
  /** Starts or reaches it and lists its tools. Throws `denied` where its way is not approved, but for the owner's own single word. */
  test(ctx: ToolContext, name: string): Promise<SourceView>;
  /** Throws `conflict` where `hash` is not that of what waits now. */
  approve(ctx: ToolContext, name: string, given: { hash: string; tools?: string[] | undefined }): Promise<Approved>;
  revoke(name: string, tools?: string[]): Promise<SourceView>;
  /** How the question that such a run has asked was answered. */
  answered(runId: string, answer: string): Promise<void>;
  close(): Promise<void>;
}

export interface Approved {
  view: SourceView;
  /** What was approved with this call. */
  way: boolean;
  tools: string[];
}

export interface SourceParts extends Omit<ConnectionParts, 'onToolsChanged' | 'redactor'>, ResultParts {
  redactor: Pick<Redactor, 'add' | 'value'>;
  file: SourceFile;
  rows: SourceRows;
  desk: QuestionDesk;
}

/** A list that is older is asked for again before a call. */
const freshMs = 60_000;
/** How often what is asked about may change while it is asked about. */
const mostRounds = 5;

export function createSources(parts: SourceParts): Sources {
  const { file, rows, desk, clock } = parts;
  const questions = createOwnerQuestions({ rows, desk });
  const connections = createConnections({ ...parts, onToolsChanged: (name, link) => void relist(name, link) });
  const listed = new WeakMap<Link, number>();
  const book = createSourceBook({
    file,
    rows,
    make: ({ name, source, row, settings }) =>
      sourceTool({
        name,
        source,
        definition: row.seen!,
        settings,
        ready: readyFor(name, source),
        call: (ctx, args) => call(ctx, row, args),
      }),
    readyFor,
  });

  function mustKnow(name: string): Known {
    const known = book.known(name);
    if (known) return known;
    throw new ToolError('not_found', `mcp.json has no server called ${JSON.stringify(name.slice(0, 60))}.`, {
      hint: file.error() ?? 'source_list shows those it has.',
    });
  }

  async function list(name: string, link: Link): Promise<void> {
    const { settings } = mustKnow(name);
    const definitions = parts.redactor.value(await link.tools());
    rows.see(name, { spec: specOf(settings), about: link.about, definitions, named: (tool, tools) => book.nameOf(name, tool, tools) });
    listed.set(link, clock.now());
  }

  /** At the server's own word that its tools have changed. */
  async function relist(name: string, link: Link): Promise<void> {
    listed.delete(link);
    if (book.known(name)) await list(name, link).catch(() => {});
  }

  const look = ({ name, settings }: Known, use: SecretUse): Promise<void> =>
    connections.use(name, settings, use, (link) => list(name, link).catch((error: unknown) => Promise.reject(callFailure(name, error))));

  /** Before anything is decided about a call: the tool as it stands, once nothing of it waits for the owner. */
  function readyFor(name: string, source: string): NonNullable<Tool['ready']> {
    return async ({ caller, callId, runId }) => {
      for (let round = 0; round < mostRounds; round += 1) {
        const known = mustKnow(source);
        const isSpec = waitingOf(known.settings, known.row, known.tools).isSpec;
        if (!isSpec && known.row?.seenSpec !== specOf(known.settings)) {
          await look(known, { tool: name, callId, caller, runId });
          continue;
        }
        const row = known.tools.find((one) => one.name === name && one.seen);
        if (!isSpec && !row) throw noSuchTool(name, source);
        if (row && (isCallable(known, row.tool) || isDenied(known, row))) return book.find(name)!;
        await questions.mustAsk(known, { runId });
      }
      throw new ToolError('conflict', `The MCP server ${source} changes too often to be approved.`, {
        hint: `See claw source show ${source}.`,
      });
    };
  }

  async function call(ctx: ToolContext, { source, tool, name }: ToolRow, args: Record<string, unknown>): Promise<SourceOutput> {
    const { settings } = mustKnow(source);
    return connections.use(source, settings, useBy(name, ctx), async (link) => {
      if (clock.now() - (listed.get(link) ?? -freshMs) >= freshMs)
        await list(source, link).catch((error: unknown) => Promise.reject(callFailure(source, error)));
      const known = mustKnow(source);
      const row = known.tools.find((one) => one.tool === tool);
      // What has changed since the call was judged was not approved with it.
      if (!row?.seen) throw noSuchTool(name, source);
      if (!isCallable(known, tool)) {
        await questions.mustAsk(known, { runId: ctx.runId });
        throw new ToolError('conflict', `${name} has changed while it was called.`, { hint: 'Make the call again.' });
      }
      const onProgress: Parameters<Link['call']>[2]['onProgress'] = ({ progress, total, message = '' }) =>
        ctx.progress({ message: message.slice(0, 200), done: progress, ...(total !== undefined && { total }) });
      try {
        return resultOf(await link.call(row.seen, args, { signal: ctx.signal, onProgress }), { source, tool, callId: ctx.callId }, parts);
      } catch (error) {
        if (ctx.signal.aborted) void endIfDead(source, link);
        throw ctx.signal.aborted ? ctx.signal.reason : callFailure(source, error);
      }
    });
  }

  /** Who did not answer one call in time may have stopped answering altogether. */
  async function endIfDead(source: string, link: Link): Promise<void> {
    if (link.isOpen() && !(await link.isAlive())) await connections.end(source);
  }

  /** Lists what is there; where that fails, says so beside what is known. */
  async function lookedAt(ctx: ToolContext, name: string, tool: string): Promise<SourceView> {
    const known = mustKnow(name);
    if (known.settings.disabled === true) return show(name);
    const problem = await look(known, useBy(tool, ctx)).then(
      () => undefined,
      (error: unknown) => (error instanceof ToolError ? error.message : 'It failed in a way that nobody foresaw.'),
    );
    return { ...(await show(name)), ...(problem !== undefined && { problem }) };
  }

  async function show(name: string): Promise<SourceView> {
    const known = mustKnow(name);
    book.list();
    const approvalId = await questions.waiting(known);
    return { ...viewOf(known), isUp: connections.isUp(name), ...(approvalId !== undefined && { approvalId }) };
  }

  return {
    find: book.find,
    list: book.list,
    overview: () => Promise.all(book.names().map(show)),
    show,
    error: () => file.error(),
    warnings: () => [
      ...[file.error()].flatMap((error) => (error === undefined ? [] : [`${error} (the last good mcp.json stays in force)`])),
      ...book.names().flatMap((name) => {
        const { state } = viewOf(mustKnow(name));
        return state === 'ready' || state === 'disabled' ? [] : [`The MCP server ${name} is ${state}: claw source show ${name}`];
      }),
    ],
    changes: (name) => changesOf(mustKnow(name)),
    add: async (ctx, name, settings) => {
      if (book.known(name))
        throw new ToolError('conflict', `mcp.json has a server called ${name} already.`, { hint: 'source_remove takes it out.' });
      file.change(name, settings);
      // That it is started was decided with this call; what it offers is decided next.
      rows.approveSpec(name, specOf(mustKnow(name).settings));
      return lookedAt(ctx, name, 'source_add');
    },
    remove: async (name) => {
      mustKnow(name);
      await connections.end(name);
      const before = file.change(name, undefined) as SourceSettings;
      book.list();
      return before;
    },
    test: async (ctx, name) => {
      const { settings, row, tools } = mustKnow(name);
      const isOwnersWord = ctx.caller.kind === 'owner' && ctx.runId === undefined;
      if (!isOwnersWord && waitingOf(settings, row, tools).isSpec) throw notApproved(name);
      return lookedAt(ctx, name, 'source_test');
    },
    approve: async (ctx, name, { hash, tools: only }) => {
      const known = mustKnow(name);
      const waiting = waitingOf(known.settings, known.row, known.tools);
      if (hashOf(known.settings, waiting) !== hash) throw changedMeanwhile(name);
      const tools = waiting.tools.map(({ tool }) => tool).filter((tool) => only === undefined || only.includes(tool));
      rows.approveSpec(name, specOf(known.settings));
      rows.approve(name, tools);
      const isUnseen = rows.source(name)?.seenSpec !== specOf(known.settings);
      const view = isUnseen ? await lookedAt(ctx, name, 'source_approve') : await show(name);
      return { view, way: waiting.isSpec, tools };
    },
    revoke: async (name, tools) => {
      mustKnow(name);
      rows.revoke(name, tools);
      if (tools === undefined) await connections.end(name);
      return show(name);
    },
    answered: questions.answered,
    close: connections.close,
  };
}

const isDenied = ({ settings }: Known, { tool }: ToolRow): boolean =>
  (settings.claw?.tools?.[tool] ?? settings.claw?.tools?.['*'])?.deny === true;

const noSuchTool = (name: string, source: string): ToolError =>
  new ToolError('unknown_tool', `The MCP server ${source} has no tool that is called ${name} here.`, {
    hint: `claw source show ${source} lists them.`,
  });

const notApproved = (name: string): ToolError =>
  new ToolError('denied', `The owner has not approved that the MCP server ${name} is started.`, {
    hint: `source_show gives its hash; source_approve asks the owner.`,
  });

const changedMeanwhile = (name: string): ToolError =>
  new ToolError('conflict', `What the MCP server ${name} offers is not what this hash stands for.`, {
    hint: `claw source show ${name} shows what it offers now, with its hash.`,
  });
