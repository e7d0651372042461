import { ToolError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { ModelRole } from '../../core/model-roles.ts';
import type { Caller } from '../../core/tool.ts';
import type { Audit } from '../../gate/audit/audit.ts';
import type { Attempt } from './chain.ts';
import type { ModelReply, ModelRequest } from './model-types.ts';
import type { Models } from './models.ts';
import { replyTool } from './reply-tool.ts';

/** On whose behalf a model is asked, and in which step of which run, if in one. */
export interface ReplyAsker {
  role: ModelRole;
  caller: Caller;
  runId?: string | undefined;
  stepId?: string | undefined;
  /** The conversation that the run belongs to, for its budget. */
  chat?: string | undefined;
}

export interface RoleReply {
  reply: ModelReply;
  model: string;
  attempts: Attempt[];
}

/** One reply within a conversation: counted against its budgets, and in the audit with every try and its reason. */
export async function recordedReply(
  { models, audit }: { models: Models; audit: Pick<Audit, 'record'> },
  request: ModelRequest,
  { role, caller, runId, stepId, chat }: ReplyAsker,
): Promise<RoleReply> {
  const callId = newId('call');
  const entry = { callId, caller, tool: replyTool, ...(runId !== undefined && { runId }), ...(stepId !== undefined && { stepId }) };
  const spender = { role, call: callId, run: runId, job: caller.kind === 'cron' ? caller.name : undefined, chat };
  audit.record({ ...entry, event: 'started', detail: { role, messages: request.messages.length } });
  try {
    const told = await models.reply(spender, request);
    const { model, attempts, reply } = told;
    audit.record({ ...entry, event: 'ok', detail: { model, attempts, stop: reply.stop, usage: reply.usage } });
    return told;
  } catch (error) {
    const known = error instanceof ToolError ? { code: error.code, message: error.message } : { code: 'internal' };
    audit.record({ ...entry, event: 'failed', detail: known });
    throw error;
  }
}
