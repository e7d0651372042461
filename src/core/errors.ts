/** The closed list of things that can go wrong, as programs see them. */
export const errorCodes = [
  'invalid_input', // the arguments do not fit the tool's schema, or make no sense together
  'unknown_tool', // no tool has this name for this caller
  'bad_config', // a setting or a file of the owner's is wrong
  'not_found', // the thing named does not exist
  'conflict', // it exists already, or has changed since it was read
  'denied', // policy forbids it
  'approval_required', // a person must approve this exact call first
  'answer_required', // a person must answer a question first
  'unavailable', // a part or peer cannot be reached now
  'timeout', // the deadline passed
  'cancelled', // the caller or the owner stopped it
  'too_large', // more than the stated limit
  'failed', // the action ran and did not succeed
  'unknown_outcome', // it may or may not have happened
  'internal', // a fault of ours; the text is in the log
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** What a caller is shown. `hint` names the next step. */
export interface ErrorShape {
  code: ErrorCode;
  message: string;
  hint: string;
  approvalId?: string;
  runId?: string;
}

interface ErrorDetails {
  hint?: string;
  cause?: unknown;
  approvalId?: string;
  runId?: string;
}

/** A foreseen failure. Text from outside (pages, command output, mail) never goes into one. */
export class ToolError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly approvalId: string | undefined;
  readonly runId: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'ToolError';
    this.code = code;
    this.hint = details.hint ?? '';
    this.approvalId = details.approvalId;
    this.runId = details.runId;
  }

  toJSON(): ErrorShape {
    const shape: ErrorShape = { code: this.code, message: this.message, hint: this.hint };
    if (this.approvalId !== undefined) shape.approvalId = this.approvalId;
    if (this.runId !== undefined) shape.runId = this.runId;
    return shape;
  }

  static fromShape(shape: ErrorShape): ToolError {
    return new ToolError(shape.code, shape.message, shape);
  }
}

const exitCodes: Partial<Record<ErrorCode, number>> = {
  invalid_input: 2,
  unknown_tool: 2,
  bad_config: 2,
  denied: 3,
  approval_required: 3,
  answer_required: 3,
};

/** 1 failed, 2 bad usage or configuration, 3 refused or waiting for a person. */
export const exitCodeOf = (code: ErrorCode): number => exitCodes[code] ?? 1;

/** The `code` of a system error (`ENOENT`, `SQLITE_FULL` …), or an empty string. */
export function systemCode(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : '';
}
