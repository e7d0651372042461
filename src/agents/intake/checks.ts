import { ToolError } from '../../core/errors.ts';
import type { Evidence } from '../../core/tool.ts';
import { callAsStep } from '../../gate/step-call.ts';
import type { Executor } from './execute.ts';
import type { Check, Task } from './plan-types.ts';

/** What the plan itself wants looked at after a task: calls through the gate, as steps of the run. */
export async function checksOf({ checks = [] }: Task, executor: Executor, stepId: string): Promise<Evidence[]> {
  const evidence: Evidence[] = [];
  for (const [index, check] of checks.entries()) evidence.push(await looked(check, executor, `${stepId}-check${index + 1}`));
  return evidence;
}

async function looked(check: Check, executor: Executor, stepId: string): Promise<Evidence> {
  const { tool, input, path, expect, value } = check;
  const told = `${tool}: ${path} ${expect}${value === undefined ? '' : ` ${JSON.stringify(value).slice(0, 80)}`}`;
  try {
    const { output } = await callAsStep(executor, { run: executor.run, caller: executor.caller, stepId, tool, input });
    const found = valueAt(output, path);
    return { check: told, ok: holds(found, check), found: found === undefined ? 'nothing there' : JSON.stringify(found).slice(0, 120) };
  } catch (error) {
    if (executor.run.signal.aborted || !(error instanceof ToolError)) throw error;
    return { check: told, ok: false, found: error.message };
  }
}

const valueAt = (output: unknown, path: string): unknown =>
  path
    .split('.')
    .filter(Boolean)
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined,
      output,
    );

function holds(found: unknown, { expect, value }: Check): boolean {
  if (found === undefined || found === null) return false;
  if (expect === 'exists') return true;
  if (expect === 'equals') return found === value;
  if (Array.isArray(found)) return found.includes(value);
  return (typeof found === 'string' ? found : JSON.stringify(found)).includes(String(value));
}
