import { isReference } from '../../core/reference.ts';
import { riskCeiling, riskOf, type Risk, type Slot, type Tool } from '../../core/tool.ts';
import type { Router } from '../routing/router.ts';
import { createSpelling, type Spelling } from '../routing/spelling.ts';
import { spelledWords, vocabularyOf, type Vocabulary } from '../routing/vocabulary.ts';
import { extract } from './extract.ts';
import { fill, type Filled } from './fill.ts';
import type { Task } from './plan-types.ts';
import { withoutReferences } from './prose.ts';
import { verbsOf } from './split.ts';

/** Below it nothing is run. */
const weak = 0.35;
/** How much more likely the best must be than the next, unless its fields are filled and the other's are not. */
const lead = 1.5;
/** Nats: what a thing that the sentence names says for a tool that takes such things, and words that a tool cannot explain against it. */
const entityBonus = 1;
const unexplainedMalus = 2;
/** Multiples of it: a value that is not there. Where one thing is not named, all of them are mostly to be listed. */
const lackingRead = 2;
const lackingWrite = 1.2;
const mostCandidates = 20;

export interface Candidate {
  tool: Tool;
  /** 0 to 1: how sure it is that this tool is meant. */
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

/** `taught` are the same tools with more of how they are asked for. */
export const createDesk = ({ tools, taught, router }: { tools: Tool[]; taught: Tool[]; router: Router }): Desk => ({
  tools: new Map(tools.map((tool) => [tool.name, tool])),
  router,
  vocabularies: new Map(taught.map((tool) => [tool.name, vocabularyOf(tool)])),
  verbs: verbsOf(tools.flatMap((tool) => tool.examples)),
  spelling: createSpelling(spelledWords(taught)),
});

/** Where a sentence stands: what may be asked for, and what was asked for before. */
interface Place {
  desk: Desk;
  tasks: Task[];
}

/** The tools that a sentence may mean, best first. */
export async function candidatesFor(text: string, { desk, tasks }: Place): Promise<Candidate[]> {
  const { command } = extract(text);
  const variants = [text, withoutContent(text), ...(command === undefined ? [] : [text.replace(command, ' ')])];
  const rankings = await desk.router.rank([...new Set(variants)].map((variant) => desk.spelling.corrected(variant)));
  const odds = new Map<string, number>();
  for (const { matches } of rankings)
    for (const match of matches.filter(({ name }) => desk.tools.has(name)).slice(0, mostCandidates))
      odds.set(match.name, Math.max(match.odds, odds.get(match.name) ?? -Infinity));
  if (command === text.trim())
    for (const { name, slots } of desk.tools.values()) if (Object.values(slots ?? {}).includes('command')) odds.set(name, 0);
  const found = [...odds].map(([name, one]) => ({ ...candidate(desk.tools.get(name)!, { text, desk, tasks }), odds: one }));
  const served = found.filter((one) => mayServe(one, { text, command }));
  const kin = refersBack.test(text) ? tasks.at(-1)?.tool.split('_')[0] : undefined;
  for (const one of served)
    if (kin !== undefined && one.tool.name.startsWith(`${kin}_`))
      one.support += text.split(/\s+/).length <= shortPart ? kinship + 1 : kinship;
  const isFamiliar = command === text.trim() ? 1 : kin === undefined ? 0 : familiarBySight;
  return scored(served, Math.max(isFamiliar, ...rankings.map(({ familiarity }) => familiarity)));
}

/** "verify the audit log and sign it": what goes on about something is probably for the same noun. */
const kinship = 2.5;
/** A part of so few words says little by itself. */
const shortPart = 5;
const familiarBySight = 0.6;
const refersBack = /\b(?:it|its|them|they|those|these|ones|left|remain(?:s|ing)?|there|again)\b/i;

/** What speaks for each, against what speaks for all. */
function scored(found: (Unscored & { odds: number })[], familiarity: number): Candidate[] {
  const weights = found.map(({ odds, support }) => Math.exp(odds + support));
  const total = Math.max(
    Number.MIN_VALUE,
    weights.reduce((sum, weight) => sum + weight, 0),
  );
  return found
    .map(({ tool, filled, coverage }, index) => ({ tool, filled, coverage, score: (familiarity * weights[index]!) / total }))
    .toSorted((a, b) => b.score - a.score);
}

/**
 * Who asks a question wants to know: nothing is changed by it. Only a command that is quoted in it may be run. And who says
 * "delete" is not served by being shown what there is.
 */
function mayServe(
  { tool, filled }: Pick<Candidate, 'tool' | 'filled'>,
  { text, command }: { text: string; command: string | undefined },
): boolean {
  const call = tool.input.safeParse(filled.input);
  const risk = call.success ? riskOf(tool, call.data) : riskCeiling(tool);
  if (wantsChange.test(text)) return risk !== 'read' || command !== undefined;
  if (!isQuestion.test(text) || risk === 'read') return true;
  return command !== undefined && Object.values(tool.slots ?? {}).includes('command');
}

export const wantsChange =
  /^(?:delete|remove|erase|wipe|purge|clear|cancel|unschedule|kill|terminate|pause|resume|restart|reboot|shut down|disable|enable|(?:un)?install|watch|forget)\b/i;
export const isQuestion =
  /^(?:(?:tell|show|let)\s+(?:me|us)\s+(?:know\s+)?)?(?:(?:what|which|who|whose|where|when|why|how|is|are|was|were|does|do|did|has|any)(?:['’]?s|['’]?re)?\b|ha(?:ve|d)\s+(?:you|we|i|they)\b)/i;

interface Unscored extends Omit<Candidate, 'score'> {
  /** Nats. */
  support: number;
}

/** What a sentence names speaks for the tools that take such things, and against those that lack theirs. */
export function candidate(tool: Tool, { text, desk, tasks }: Place & { text: string }): Unscored {
  const filled = fill(tool, text, { tasks });
  const coverage = coverageOf(tool, filled, { text, desk });
  const lacking = filled.missing.length === 0 ? 0 : riskCeiling(tool) === 'read' ? lackingRead : lackingWrite;
  const weight = bonusOf(tool, filled, text) - lacking;
  return { tool, filled, coverage, support: weight * entityBonus - (1 - coverage) * unexplainedMalus };
}

/** In multiples of `entityBonus`. */
function bonusOf(tool: Tool, filled: Filled, text: string): number {
  const slots = new Set<Slot>(Object.values(tool.slots ?? {}));
  const { urls, paths, ids, command } = extract(text);
  let bonus = 0;
  if (urls.length > 0) bonus += slots.has('url') ? 1 : -0.5;
  else if (paths[0] !== undefined) bonus += pathBonus(slots, { path: paths[0], hasCommand: command !== undefined });
  else if (paths.length === 0 && filled.inheritsPath && /\b(?:it|that|them)\b/i.test(text)) bonus += 1.5;
  if (filled.inherits && !filled.inheritsPath) bonus += 1.5;
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
  const slots = (tool.slots ?? {}) as Record<string, Slot>;
  // The request itself as a value explains none of its words.
  const values = Object.entries(input).flatMap(([field, value]) => (slots[field] === 'sentence' ? [] : [value]));
  const described = (text: string): string => text.replace(/\b(?:my|our|the)\s+(?:[a-z]+\s+){1,3}(?:in|at|under|from)\s+(?=\u0001)/gi, ' ');
  const taken = values.flatMap((value) =>
    Array.isArray(value)
      ? [value.join(' '), ...value.map(String)]
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
 * A guess that could destroy needs to be surer than one that only looks, and something that the sentence names. Whoever leaves words of the person unexplained has not
 * understood them, unless the sentence as a whole leaves little doubt.
 */
export function sureEnough(best: Candidate, next: Candidate | undefined): boolean {
  const ceiling = best.tool.name === 'shell_run' ? 'write' : riskCeiling(best.tool);
  const [surely, hardly] = needed[ceiling];
  const isComplete = best.filled.missing.length === 0;
  const hasProof = isComplete && best.filled.decided > 0;
  if (ceiling === 'destructive' && !hasProof) return false;
  const isUnderstood =
    best.coverage >= hardly.coverage && best.score >= (hasProof || (best.coverage === 1 && ceiling === 'read') ? weak : hardly.score);
  const isNamed = ceiling === 'write' && hasProof && best.coverage >= surely.coverage && best.score >= namedScore;
  if (!isUnderstood && !isNamed && !(best.coverage >= surely.coverage && best.score >= surely.score)) return false;
  const leads = !next || best.score >= lead * next.score;
  return leads || (hasProof && next.filled.missing.length > 0) || ceiling === 'read';
}

/** … where the sentence names what a change is for. */
const namedScore = 0.6;

interface Needed {
  coverage: number;
  score: number;
}

/** How much of what was said must be accounted for, and how sure the tool must be: little of the one where there is much of the other. */
const needed: Record<Risk, [surely: Needed, hardly: Needed]> = {
  read: [
    { coverage: 0.3, score: 0.7 },
    { coverage: 0.6, score: 0.3 },
  ],
  write: [
    { coverage: 0.5, score: 0.9 },
    { coverage: 0.7, score: 0.45 },
  ],
  destructive: [
    { coverage: 0.7, score: 0.6 },
    { coverage: 0.8, score: 0.4 },
  ],
};

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
    /^(.{0,40}?\b(?:remember|note|notes|memori[sz]e|mind|forget|down|about|regarding|saying|containing|llm|model|claude|gpt)\b(?:\s+that|\s*:)?).+$/i,
    '$1',
  );
