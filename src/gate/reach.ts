import { ToolError } from '../core/errors.ts';
import type { Caller, Tool } from '../core/tool.ts';
import { meansTool } from '../core/tool-pattern.ts';

export const isInReach = ({ reach }: Caller, name: string): boolean => !reach || meansTool(reach.tools, name);

/** Callers with the same may name the same tools. */
export const toolsKey = ({ kind, reach }: Caller): string => (reach ? `${kind} ${reach.tools.join(' ')}` : kind);

/** Throws `denied` for a tool beyond the caller's reach, and for one within it that would make a call beyond it, now or later. */
export function refuseBeyond(caller: Caller, tool: Tool, input: unknown): void {
  if (!caller.reach) return;
  const passedOn = tool.passesOn?.(input);
  const names = [tool.name, ...(passedOn ? [passedOn.tool] : []), ...(tool.later?.(input) ?? []).map((call) => call.tool)];
  const beyond = names.find((name) => !isInReach(caller, name));
  if (beyond === undefined) return;
  throw new ToolError('denied', `${beyond.slice(0, 60)} is not among the tools of ${caller.name ?? 'this agent'}.`, {
    hint: 'Its file in agents/ names what it may call; agent_show shows it.',
  });
}
