import { ToolError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Redactor } from '../core/redact.ts';
import type { Tool } from '../core/tool.ts';
import type { Audit, AuditEntry } from './audit/audit.ts';

/** What becomes of a call that does not end well. */
export interface CallErrors {
  /** The error for the caller, on record. */
  settled(error: unknown, entry: AuditEntry): ToolError;
  /** The error for the caller. */
  asToolError(error: unknown, entry: AuditEntry): ToolError;
}

export function createCallErrors({ audit, redactor, log }: { audit: Audit; redactor: Redactor; log: Log }): CallErrors {
  /** Every failure is on record before the caller hears of it. */
  function settled(error: unknown, entry: AuditEntry): ToolError {
    const known = asToolError(error, entry);
    if (known.code === 'approval_required') return known;
    try {
      audit.record({ ...entry, event: eventFor(known, audit.isOpen(entry.callId)), detail: { code: known.code, message: known.message } });
      return known;
    } catch (unwritable) {
      log.error('audit_failed', { callId: entry.callId, error: unwritable, callError: known });
      const why = unwritable instanceof ToolError ? unwritable : undefined;
      return new ToolError('unavailable', `The audit log cannot be written, so nothing is carried out. ${why?.message ?? ''}`.trim(), {
        hint: why?.hint ?? 'Check free space and permissions of the data folder: claw doctor.',
        cause: unwritable,
      });
    }
  }

  function asToolError(error: unknown, { callId, tool }: AuditEntry): ToolError {
    if (error instanceof ToolError)
      return new ToolError(error.code, redactor.text(error.message), { ...error.toJSON(), hint: redactor.text(error.hint), cause: error });
    log.error('tool_failed', { callId, tool, error });
    return new ToolError('internal', `${tool} failed unexpectedly.`, { hint: `The log has the reason, under ${callId}.`, cause: error });
  }

  return { settled, asToolError };
}

export const needsApproval = (tool: Tool, approvalId: string, reason: string): ToolError =>
  new ToolError('approval_required', `${tool.name} needs the owner's approval: ${reason}`, {
    hint: `The owner approves with: claw approval answer ${approvalId} approve — then make the same call again.`,
    approvalId,
  });

/** A call that never started is refused; one that was cut off while it could have an effect is unknown. */
function eventFor({ code }: ToolError, hasStarted: boolean): AuditEntry['event'] {
  if (!hasStarted) return code === 'denied' ? 'denied' : 'refused';
  return code === 'unknown_outcome' || code === 'timeout' || code === 'cancelled' ? 'unknown' : 'failed';
}
