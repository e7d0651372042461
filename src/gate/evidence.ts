import type { ToolError } from '../core/errors.ts';
import type { Evidence, Risk, Tool, ToolContext } from '../core/tool.ts';

export const failedProbe = (error: ToolError): Evidence => ({ check: 'the check could be made', ok: false, found: error.message });

/** A read is verified by an output that fits; a write by its own probes, and by nothing else. */
export async function evidenceOf(
  tool: Tool,
  { risk, input }: { risk: Risk; input: unknown },
  { ctx, output }: { ctx: ToolContext; output: unknown },
): Promise<Evidence[]> {
  const probes = (await tool.verify?.(ctx, input, output)) ?? [];
  if (probes.length > 0 || risk !== 'read') return probes;
  const fits = tool.output.safeParse(output).success;
  return [{ check: 'the output fits the schema', ok: fits, found: fits ? 'it fits' : 'it does not fit' }];
}
