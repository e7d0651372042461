import type { Taint, Tool } from '../../core/tool.ts';
import type { Verdict } from '../policy/policy.ts';

interface Word {
  tool: Tool;
  isOfRun: boolean;
  /** A step of the plan made from the request before any untrusted text was read. */
  followsRequest: boolean;
  taint: Taint;
  chosen: boolean;
}

/** What only the owner may say, a run says for the owner only in the owner's own words: it never approves itself. */
export function guardOwnersWord(verdict: Verdict, { tool, isOfRun, followsRequest, taint, chosen }: Word): Verdict {
  if (chosen && tool.newRequest) return refused('A model carries a request out by calls; it makes no request of its own.');
  if (tool.ownersWord !== true || !isOfRun || (followsRequest && !taint.untrusted)) return verdict;
  return refused(`A run calls ${tool.name} only where the request says so.`);
}

const refused = (reason: string): Verdict => ({ verdict: 'deny', decidedBy: 'built in', reason });
