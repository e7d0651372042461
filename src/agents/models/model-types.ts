/** The one port to language models; adapters are in this folder, and nothing outside of it knows a provider. */

export interface ModelTool {
  name: string;
  description: string;
  /** JSON Schema of an object. */
  inputSchema: Record<string, unknown>;
}

export interface ToolUse {
  id: string;
  name: string;
  /** As the model wrote it: not checked against any schema, and undefined where it was no JSON. */
  input: unknown;
}

export type Message =
  | { role: 'user'; text: string }
  | { role: 'assistant'; text: string; toolUses: ToolUse[]; native?: NativeContent }
  | { role: 'tool'; toolUseId: string; text: string; isError?: boolean };

/** The provider's own form of an assistant message, for what the port has no words for (reasoning). Goes back to that provider only. */
export interface NativeContent {
  provider: string;
  content: unknown;
}

export interface ModelRequest {
  system: string;
  messages: Message[];
  tools?: ModelTool[];
  /** JSON Schema that the text of the reply is asked to fit. A model may break it: whoever asks checks. */
  schema?: Record<string, unknown>;
  /** Most tokens of the reply. */
  maxTokens: number;
  signal: AbortSignal;
  onText?: (delta: string) => void;
}

export interface Usage {
  /** Of the prompt, those from a cache included. */
  inputTokens: number;
  cachedTokens: number;
  outputTokens: number;
}

export interface ModelReply {
  text: string;
  toolUses: ToolUse[];
  stop: 'end' | 'tools' | 'length' | 'refused';
  usage: Usage;
  native?: NativeContent;
}

export interface Model {
  /** `provider/ID`, as in the settings. */
  id: string;
  /** Throws ModelFailure. */
  reply(request: ModelRequest): Promise<ModelReply>;
}

export type FailureKind =
  | 'rate_limited' // 429
  | 'overloaded' // 5xx, 529
  | 'unreachable' // no connection
  | 'slow' // no answer in time
  | 'cut' // the stream ended before the reply did
  | 'malformed' // an answer that is none of the provider's
  | 'unauthorized' // 401, 403, 402: the key, or what it may spend
  | 'rejected'; // 400, 404: this request, or no such model

/** Why one model gave no reply. The provider's text is not in it: it comes from outside. */
export class ModelFailure extends Error {
  readonly kind: FailureKind;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(kind: FailureKind, details: { status?: number | undefined; retryAfterMs?: number | undefined; cause?: unknown } = {}) {
    super(details.status === undefined ? kind : `${kind} (HTTP ${details.status})`, { cause: details.cause });
    this.name = 'ModelFailure';
    this.kind = kind;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }
}
