import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { systemCode } from '../../core/errors.ts';
import { ModelFailure, type Message, type Model, type ModelReply, type ModelRequest } from './model-types.ts';

const run = promisify(execFile);

interface ClaudeCliOptions {
  program: string;
  timeoutMs: number;
  /** PATH and HOME, where it finds its own login; no key of claw's. */
  env: Record<string, string | undefined>;
}

/** What `claude -p --output-format json` prints (Claude Code, CLI reference). */
interface Printed {
  is_error?: boolean;
  result?: string;
  usage?: { input_tokens?: number; cache_read_input_tokens?: number; cache_creation_input_tokens?: number; output_tokens?: number };
}

/**
 * The owner's Claude Code, asked once a call, with its own tools off: claw's tools stay behind claw's gate.
 * It knows no tools of ours, so requests with tools go to the next model of the chain.
 */
export function claudeCliModel(id: string, { program, timeoutMs, env }: ClaudeCliOptions): Model {
  return {
    id: `claude-cli/${id}`,
    reply: async (request) => {
      if (request.tools?.length) throw new ModelFailure('rejected');
      const args = [
        '-p',
        '--output-format',
        'json',
        '--model',
        id,
        '--system-prompt',
        systemOf(request),
        '--tools',
        '',
        '--max-turns',
        '1',
      ];
      try {
        const child = run(program, args, { signal: request.signal, timeout: timeoutMs, env, cwd: tmpdir(), maxBuffer: 8 << 20 });
        // By stdin: a command line can be read by everyone on the machine.
        child.child.stdin?.on('error', () => undefined).end(conversation(request.messages));
        return replyOf((await child).stdout, request);
      } catch (error) {
        throw failureOf(error, request.signal);
      }
    },
  };
}

const systemOf = ({ system, schema }: ModelRequest): string =>
  schema ? `${system}\n\nAnswer with JSON only, that fits this JSON Schema:\n${JSON.stringify(schema)}` : system;

const speakers = { user: 'User', assistant: 'You', tool: 'Result' } as const;

const conversation = (messages: Message[]): string =>
  messages.length === 1 ? messages[0]!.text : messages.map((message) => `${speakers[message.role]}:\n${message.text}`).join('\n\n');

function replyOf(stdout: string, { onText }: ModelRequest): ModelReply {
  const { is_error: isError, result, usage = {} } = JSON.parse(stdout) as Printed;
  if (isError || typeof result !== 'string') throw new ModelFailure('overloaded');
  onText?.(result);
  const cached = usage.cache_read_input_tokens ?? 0;
  return {
    text: result,
    toolUses: [],
    stop: 'end',
    usage: {
      inputTokens: (usage.input_tokens ?? 0) + cached + (usage.cache_creation_input_tokens ?? 0),
      cachedTokens: cached,
      outputTokens: usage.output_tokens ?? 0,
    },
  };
}

function failureOf(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof ModelFailure) return error;
  if (error instanceof SyntaxError) return new ModelFailure('malformed', { cause: error });
  return new ModelFailure(systemCode(error) === 'ENOENT' ? 'unreachable' : 'overloaded', { cause: error });
}
