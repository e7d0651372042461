import { canonicalJson, sha256 } from '../../core/json.ts';
import type { SourceSettings } from '../../core/source-settings.ts';

/** A tool as its server describes it: all that a model or the policy would go by, so all that an approval is bound to. */
export interface Definition {
  name: string;
  title?: string;
  description?: string;
  inputSchema: Record<string, unknown>;
  /** Hints, and no more than that: MCP 2025-11-25, ToolAnnotations. */
  annotations?: Annotations;
}

export interface Annotations {
  title?: string;
  readOnlyHint?: boolean;
  destructiveHint?: boolean;
  idempotentHint?: boolean;
  openWorldHint?: boolean;
}

/** Characters of JSON; what is longer is not taken. */
export const longestDefinition = 64_000;

export const definitionText = ({ name, title, description, inputSchema, annotations }: Definition): string =>
  canonicalJson({ name, title, description, inputSchema, annotations });

/** The way to a server: what would be started, or reached, and with what. Secrets and variables count by their names. */
export const specOf = ({ type, command, args, env, cwd, url, headers, claw }: SourceSettings): string =>
  fingerprint([canonicalJson({ type, command, args, env, cwd, url, headers, sandbox: claw?.sandbox })]);

/** Of a way and the definitions found there, in whichever order. 96 bits: enough where a person has to say yes to a match. */
export const fingerprint = (parts: string[]): string => sha256(parts.toSorted().join('\n')).slice(0, 24);
