import { ToolError } from '../../core/errors.ts';
import { callHash } from '../../core/json.ts';
import type { Risk, Tool } from '../../core/tool.ts';
import type { Approval } from '../approvals/approval-rows.ts';
import { isCovered, ruleRefusal } from '../approvals/rule-command.ts';

/** What a standing rule covers, from the narrowest: exactly one call; a call but for its data fields; a command's first words. */
export type RulePattern = { bound?: string } & (
  | { kind: 'call'; hash: string }
  | { kind: 'fields'; free: string[]; hash: string }
  | { kind: 'command'; prefix: string[]; risk: Risk; hash: string }
);

export interface RuleWidth {
  /** How many words of a command are fixed; all by default. */
  words?: number | undefined;
  /** Data fields that may differ. */
  free?: string[] | undefined;
}

/** Throws `denied` where a rule would not be narrow enough to be understood by who makes it. */
export function patternOf(approval: Approval, tool: Tool, width: RuleWidth): RulePattern {
  const pattern = widthOf(approval, tool, width);
  return approval.bound === '' ? pattern : { ...pattern, bound: approval.bound };
}

function widthOf({ tool: name, input, hash, risk }: Approval, tool: Tool, { words, free = [] }: RuleWidth): RulePattern {
  const fields = input as Record<string, unknown>;
  if (takesCommand(tool)) {
    if (free.length > 0) throw refused('a rule for a command leaves no field free');
    const argv = argvOf(fields);
    if (!argv) throw refused('a script has no rule');
    const fixed = words ?? argv.length;
    const reason = ruleRefusal(argv, fixed);
    if (reason !== undefined) throw refused(reason);
    if (fixed >= argv.length) return { kind: 'call', hash };
    return { kind: 'command', prefix: argv.slice(0, fixed), risk, hash: hashWithout(name, fields, ['command']) };
  }
  if (words !== undefined) throw refused(`${name} has no words to fix`);
  if (free.length === 0) return { kind: 'call', hash };
  const stranger = free.find((field) => !(tool.dataFields as string[] | undefined)?.includes(field));
  if (stranger !== undefined) throw refused(`${name} may leave free: ${tool.dataFields?.join(', ') || 'no field'}`);
  return { kind: 'fields', free, hash: hashWithout(name, fields, free) };
}

interface CoveredCall {
  tool: string;
  input: unknown;
  hash: string;
  bound?: string | undefined;
}

/** `bound` is the hash of the programs and scripts that would run: a rule ends to hold when one of them changes. */
export function covers(pattern: RulePattern, { tool, input, hash, bound = '' }: CoveredCall): boolean {
  const fields = input as Record<string, unknown>;
  if ((pattern.bound ?? '') !== bound) return false;
  if (pattern.kind === 'call') return pattern.hash === hash;
  if (pattern.kind === 'fields') return pattern.hash === hashWithout(tool, fields, pattern.free);
  const argv = argvOf(fields);
  return argv !== undefined && isCovered(argv, pattern) && pattern.hash === hashWithout(tool, fields, ['command']);
}

const takesCommand = (tool: Tool): boolean => Object.values(tool.slots ?? {}).includes('command');

function argvOf({ command, script }: Record<string, unknown>): string[] | undefined {
  return script === undefined && Array.isArray(command) ? (command as string[]) : undefined;
}

function hashWithout(tool: string, input: Record<string, unknown>, fields: string[]): string {
  return callHash(tool, Object.fromEntries(Object.entries(input).filter(([field]) => !fields.includes(field))));
}

const refused = (reason: string): ToolError =>
  new ToolError('denied', `No standing rule for this: ${reason}.`, { hint: 'Approve it once: leave out the scope.' });
