import {
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  inputRequired,
  type CallToolResult,
  type ClientCapabilities,
  type InputRequiredResult,
  type RequestStateCodec,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { ToolError } from '../../core/errors.ts';
import { canonicalJson, sha256 } from '../../core/json.ts';
import type { Caller } from '../../core/tool.ts';
import type { CallResult } from '../../gate/gate-types.ts';
import type { Veil } from '../own-paths.ts';
import type { McpParts } from './mcp-parts.ts';
import { callInTime } from './patience.ts';
import { progressSender } from './progress.ts';

/** What travels to the client and back with a question: which approval, of exactly which call. */
interface ApprovalState {
  approvalId: string;
  call: string;
}

type Answer = CallToolResult | InputRequiredResult;

export interface ToolCaller {
  codec: RequestStateCodec<ApprovalState>;
  call(params: { name: string; arguments?: Record<string, unknown> }, ctx: ServerContext, server: Server): Promise<Answer>;
}

/** Who calls, and through which connection. */
interface Asking {
  caller: () => Caller;
  session: () => string;
}

const stateSeconds = 600;
/** Calls under way over one connection. */
const mostAtOnce = 64;
const callHash = (name: string, args: unknown): string => sha256(canonicalJson({ name, args }));

/** tools/call: into the gate and back, with the owner's approval asked for where the client can ask a person. */
export function createToolCaller(parts: McpParts, { caller, session }: Asking): ToolCaller {
  const { gate, hold, patienceMs, showApproval, answerApproval, stateKey, veil } = parts;
  const codec = createRequestStateCodec<ApprovalState>({ key: stateKey, ttlSeconds: stateSeconds, bind: (ctx) => ctx.mcpReq.method });

  let running = 0;
  const call: ToolCaller['call'] = async ({ name, arguments: args = {} }, ctx, server) => {
    const progress = progressSender(ctx);
    running += 1;
    try {
      if (running > mostAtOnce) throw tooMany();
      await takeAnswer(name, args, ctx);
      const options = { signal: ctx.mcpReq.signal, onProgress: progress.send, session: session() };
      return answerOf(veil, await callInTime({ gate, hold, patienceMs }, { caller: caller(), tool: name, input: args, ...options }));
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      if (error.code === 'approval_required' && error.approvalId !== undefined && !wasAnswered(ctx) && canAsk(ctx, server))
        return question(error, { name, args, ctx });
      return { isError: true, content: [{ type: 'text', text: JSON.stringify(veil.error(error)) }] };
    } finally {
      running -= 1;
      await progress.finish();
    }
  };

  /** Second round: the signed state says which approval was asked for, and the call must be the same to the byte. */
  async function takeAnswer(name: string, args: unknown, ctx: ServerContext): Promise<void> {
    const state = ctx.mcpReq.requestState<ApprovalState>();
    const response = ctx.mcpReq.inputResponses?.approval as { action?: string; content?: { answer?: unknown } } | undefined;
    if (!state || !response || state.call !== callHash(name, args)) return;
    if (response.action === 'cancel') throw undecided(state.approvalId);
    const answer = response.action === 'accept' && response.content?.answer === 'approve' ? 'approve' : 'deny';
    await answerApproval(state.approvalId, answer);
    if (answer === 'deny')
      throw new ToolError('denied', 'The owner said no.', {
        hint: 'Do not repeat it unless it is asked for again.',
        approvalId: state.approvalId,
      });
  }

  async function question(
    error: ToolError,
    { name, args, ctx }: { name: string; args: unknown; ctx: ServerContext },
  ): Promise<InputRequiredResult> {
    const approvalId = error.approvalId!;
    const message = `${error.message}\n\n${whole(veil.value(await showApproval(approvalId)))}`;
    const requestedSchema = {
      type: 'object' as const,
      properties: { answer: { type: 'string' as const, title: 'Your answer', enum: ['approve', 'deny'], default: 'deny' } },
      required: ['answer'],
    };
    return inputRequired({
      inputRequests: { approval: inputRequired.elicit({ message, requestedSchema }) },
      requestState: await codec.mint({ approvalId, call: callHash(name, args) }, ctx),
    });
  }

  return { codec, call };
}

const tooMany = (): ToolError =>
  new ToolError('unavailable', `${mostAtOnce} calls of this client are under way already.`, {
    hint: 'Wait until one has answered, then make this call again.',
  });
const longestQuestion = 20_000;

/** What does not fit is not for a client's window: nobody should approve what was cut off. */
const whole = (text: string): string =>
  text.length <= longestQuestion ? text : `${text.slice(0, 2_000)}…\nThis is not all of it: see claw approval show, and deny here.`;

const undecided = (approvalId: string): ToolError =>
  new ToolError('approval_required', 'Nobody has answered.', {
    hint: `The owner approves with: claw approval answer ${approvalId} approve — then make the same call again.`,
    approvalId,
  });

// Whoever has just been asked, and has not decided, is not asked again in the same breath.
const wasAnswered = (ctx: ServerContext): boolean => ctx.mcpReq.inputResponses?.approval !== undefined;

/** Whether a person can be asked through this client: 2026-07-28 says so in each request, earlier ones at the start. */
function canAsk(ctx: ServerContext, server: Server): boolean {
  const inEnvelope = (ctx.mcpReq.envelope as Record<string, unknown> | undefined)?.[CLIENT_CAPABILITIES_META_KEY] as
    | ClientCapabilities
    | undefined;
  const elicitation = (inEnvelope ?? server.getClientCapabilities())?.elicitation;
  return elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined);
}

function answerOf(veil: Veil, { output: told, link, callId, undoable }: CallResult): CallToolResult {
  const output = veil.value(told);
  const content: CallToolResult['content'] = [{ type: 'text', text: JSON.stringify(output) }];
  if (link)
    content.push({ type: 'resource_link', uri: link.uri, name: `output of ${callId}`, mimeType: 'application/json', size: link.bytes });
  return { content, structuredContent: output, _meta: { 'claw/callId': callId, 'claw/undoable': undoable } };
}
