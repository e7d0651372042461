import { carriesMark, markReason } from '../../core/redaction/mark.ts';
import type { Risk, Tool } from '../../core/tool.ts';
import type { Verdict } from './policy.ts';

interface MarkedCall {
  tool: Tool;
  input: unknown;
  risk: Risk;
  /** An undo puts back what was there, and that may have had the mark. */
  undoing: boolean;
}

/** What changes something is not given the mark that stands for a secret: it would be kept, sent or run in its place. */
export function guardMark(verdict: Verdict, { tool, input, risk, undoing }: MarkedCall): Verdict {
  if (verdict.verdict === 'deny' || risk === 'read' || undoing || typeof input !== 'object' || input === null) return verdict;
  const quoted = new Set<string>(tool.quotes);
  const marked = Object.entries(input).find(([field, value]) => !quoted.has(field) && (carriesMark(field) || holdsMark(value)));
  if (!marked) return verdict;
  return { verdict: 'deny', decidedBy: 'built in', reason: markReason(`The ${carriesMark(marked[0]) ? 'name of a field' : marked[0]}`) };
}

function holdsMark(value: unknown): boolean {
  if (typeof value === 'string') return value.length > 8 && carriesMark(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([field, inner]) => carriesMark(field) || holdsMark(inner));
}
