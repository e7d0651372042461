import type { Caller } from '../../core/tool.ts';
import type { Gate } from '../../gate/gate-types.ts';
import type { Context } from './plan-types.ts';

/** Tokens: a question stays short enough for a chat. */
const most = 150;

/**
 * What the owner has said before that may answer what a request leaves open. Text from outside is left out: whoever answers should
 * not be told by a page what to say. Undefined where there is nothing, or memory cannot be asked.
 */
export async function contextFor({ gate, caller, request }: { gate: Gate; caller: Caller; request: string }): Promise<Context | undefined> {
  try {
    const input = { request: request.slice(0, 1_000), maxTokens: most, ownWord: true };
    const { output } = await gate.call(caller, 'memory_context', input);
    const { text, items } = output as Context;
    return items.length > 0 ? { text, items: items.map(({ id, source }) => ({ id, source })) } : undefined;
  } catch {
    return undefined;
  }
}
