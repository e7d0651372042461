import { isReference } from '../../core/reference.ts';
import { riskCeiling, riskOf, type Slot, type Tool } from '../../core/tool.ts';
import { createRouter, type Router } from '../routing/router.ts';
import { createSpelling, type Spelling } from '../routing/spelling.ts';
import { spelledWords, vocabularyOf, type Vocabulary } from '../routing/vocabulary.ts';
import { extract } from './extract.ts';
import { fill, type Filled } from './fill.ts';
import type { Task } from './plan-types.ts';
import { withoutReferences } from './prose.ts';
import { verbsOf } from './split.ts';

/** Below the first nothing is run; between the two only where the text also fills the tool's fields. */
const weak = 0.2;
const sure = 0.34;
const sureToRead = 0.22;
/** How far the best must be ahead of the next, unless its fields are filled and the other's are not. */
const margin = 0.03;
const entityBonus = 0.12;
const unexplainedMalus = 0.3;
const mostCandidates = 40;

export interface Candidate {
  tool: Tool;
  score: number;
  filled: Filled;
  /** Share of the words that the tool and its fields account for. */
  coverage: number;
}

/** What one kind of caller may ask for, made ready to be compared with sentences. */
export interface Desk {
  tools: Map<string, Tool>;
  router: Router;
  verbs: Set<string>;
  vocabularies: Map<string, Vocabulary>;
  spelling: Spelling;
}

export const createDesk = (tools: Tool[]): Desk => ({
  tools: new Map(tools.map((tool) => [tool.name, tool])),
  router: createRouter(tools),
  vocabularies: new Map(tools.map((tool) => [tool.name, vocabularyOf(tool)])),
  verbs: verbsOf(tools.flatMap((tool) => tool.examples)),
  spelling: createSpelling(spelledWords(tools)),
});

/** Where a sentence stands: what may be asked for, and what was asked for before. */
interface Place {
  desk: Desk;
  tasks: Task[];
}

/** The tools that a sentence may mean, best first. */
export function candidatesFor(text: string, { desk, tasks }: Place): Candidate[] {
  const { command } = extract(text);
  const variants = [text, withoutContent(text), ...(command === undefined ? [] : [text.replace(command, ' ')])];
  const scores = new Map<string, number>();
  for (const variant of new Set(variants)) {
    for (const { name, score } of desk.router.search(desk.spelling.corrected(variant), mostCandidates))
      scores.set(name, Math.max(score, scores.get(name) ?? 0));
  }
  if (command === text.trim())
    for (const { name, slots } of desk.tools.values()) if (Object.values(slots ?? {}).includes('command')) scores.set(name, sure);
  const scored = [...scores].map(([name, score]) => candidate(desk.tools.get(name)!, score, { text, desk, tasks }));
  return scored.filter((one) => mayServe(one, { text, command })).toSorted((a, b) => b.score - a.score);
}

/**
 * Who asks a question wants to know: nothing is changed by it. Only a command that is quoted in it may be run. And who says
 * "delete" is not served by being shown what there is.
 */
function mayServe({ tool, filled }: Candidate, { text, command }: { text: string; command: string | undefined }): boolean {
  const call = tool.input.safeParse(filled.input);
  const risk = call.success ? riskOf(tool, call.data) : riskCeiling(tool);
  if (wantsChange.test(text)) return risk !== 'read' || command !== undefined;
  if (!isQuestion.test(text) || risk === 'read') return true;
  return command !== undefined && Object.values(tool.slots ?? {}).includes('command');
}

export const wantsChange =
  /^(?:delete|remove|erase|wipe|purge|clear|cancel|unschedule|kill|terminate|pause|resume|restart|reboot|shut down|disable|enable|(?:un)?install|watch|forget)\b/i;
export const isQuestion =
  /^(?:(?:tell|show|let)\s+(?:me|us)\s+(?:know\s+)?)?(?:what|which|who|whose|where|when|why|how|is|are|was|were|does|do|did|has|have|had|any)(?:['’]?s|['’]?re)?\b/i;

/** What a sentence names speaks for the tools that take such things, and against those that lack theirs. */
export function candidate(tool: Tool, score: number, { text, desk, tasks }: Place & { text: string }): Candidate {
  const filled = fill(tool, text, { tasks });
  const coverage = coverageOf(tool, filled, { text, desk });
  const weight = bonusOf(tool, filled, text) - (filled.missing.length > 0 ? 1.2 : 0);
  const adjusted = score + weight * entityBonus - (1 - coverage) * unexplainedMalus;
  return { tool, filled, coverage, score: Math.max(0, Math.min(1, adjusted)) };
}

/** In multiples of `entityBonus`. */
function bonusOf(tool: Tool, filled: Filled, text: string): number {
  const slots = new Set<Slot>(Object.values(tool.slots ?? {}));
  const { urls, paths, ids, command } = extract(text);
  let bonus = 0;
  if (urls.length > 0) bonus += slots.has('url') ? 1 : -0.5;
  else if (paths[0] !== undefined) bonus += pathBonus(slots, { path: paths[0], hasCommand: command !== undefined });
  else if (paths.length === 0 && filled.inheritsPath && /\b(?:it|that|them)\b/i.test(text)) bonus += 1.5;
  if (ids.length > 0) bonus += ids.some((id) => tool.name.startsWith(nounOfId(id))) ? 1 : -0.5;
  if (command !== undefined && slots.has('command')) bonus += /[`"]/.test(text) ? 1 : 0.5;
  return bonus;
}

function pathBonus(slots: Set<Slot>, { path, hasCommand }: { path: string; hasCommand: boolean }): number {
  if (slots.has('folder')) return looksLikeFolder(path) ? 1.3 : -1;
  if (slots.has('path')) return 1;
  return hasCommand ? 0 : -0.5;
}

/** `apr_…` names an approval, `job_…` a scheduled job, `run_…` a run. */
const nounOfId = (id: string): string => id.split('_')[0]!.replace('apr', 'approval').replace('job', 'cron');

/** Which share of the words a tool accounts for, once its fields have taken theirs. */
export function coverageOf(tool: Tool, { input }: Filled, { text, desk }: { text: string; desk: Desk }): number {
  const values = Object.values(input);
  const described = (text: string): string => text.replace(/\b(?:my|our|the)\s+(?:[a-z]+\s+){1,3}(?:in|at|under|from)\s+(?=\u0001)/gi, ' ');
  const taken = values.flatMap((value) =>
    Array.isArray(value)
      ? [value.join(' ')]
      : typeof value === 'string' || typeof value === 'number'
        ? [String(value), lastPart(value), ...piecesOf(String(value), text)]
        : [],
  );
  const rest = taken
    .toSorted((a, b) => b.length - a.length)
    .reduce((left, value) => left.replace(value, /\w\.\w+$/.test(value) ? '\u0001' : ' '), text);
  const told = described(rest).replaceAll('\u0001', ' ');
  const said = values.some(isReference) || 'path' in input ? withoutReferences(told) : told;
  return desk.vocabularies.get(tool.name)!.coverage(desk.spelling.corrected(said));
}

/**
 * A guess that could destroy needs to be surer than one that only looks; and whoever leaves words of the person unexplained
 * has not understood them.
 */
export function sureEnough(best: Candidate, next: Candidate | undefined): boolean {
  const ceiling = riskCeiling(best.tool);
  const caution = ceiling === 'destructive' && best.tool.name !== 'shell_run' ? 0.06 : 0;
  const isComplete = best.filled.missing.length === 0;
  const hasProof = isComplete && best.filled.decided > 0;
  if (best.coverage < (ceiling === 'read' ? leastCoverage.read : leastCoverage.write)) return false;
  if (best.score < weak + caution) return false;
  if (best.score < (ceiling === 'read' ? sureToRead : sure) + caution && !hasProof && best.coverage < 1) return false;
  const lead = best.score - (next?.score ?? 0);
  return lead >= margin || best.score >= 0.6 || (hasProof && next!.filled.missing.length > 0) || ceiling === 'read';
}

/** How much of what was said must be accounted for. */
const leastCoverage = { read: 0.6, write: 0.7 };

/** Without an ending, or said to be one. */
const looksLikeFolder = (path: string): boolean => !/\.[A-Za-z]\w{0,5}$/.test(path);

/** "logs/a.log in /srv" is /srv/logs/a.log: both pieces are in it. */
const piecesOf = (value: string, text: string): string[] =>
  value.includes('/')
    ? (text.match(/[~.\w-]*(?:\/[\w.-]+)+/g) ?? []).filter((piece) => value.startsWith(`${piece}/`) || value.endsWith(`/${piece}`))
    : [];

/** A path may have been put together from its folder and its name. */
const lastPart = (value: string | number): string => String(value).split('/').at(-1)!;

/** "remember that …", "what did I tell you about …": what stands behind says nothing about what to do with it. */
const withoutContent = (text: string): string =>
  text.replace(
    /^(.{0,40}?\b(?:remember|note|notes|memori[sz]e|mind|forget|down|about|regarding|saying|containing)\b(?:\s+that|\s*:)?).+$/i,
    '$1',
  );
