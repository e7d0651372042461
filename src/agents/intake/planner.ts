import { sha256, canonicalJson } from '../../core/json.ts';
import { effectsOf, riskCeiling, type Caller, type Change, type Tool } from '../../core/tool.ts';
import type { Gate } from '../../gate/gate-types.ts';
import { createRouter, type Router } from '../routing/router.ts';
import { vocabularyOf, type Vocabulary } from '../routing/vocabulary.ts';
import { extract } from './extract.ts';
import { fill, fillField, type Filled } from './fill.ts';
import { isReference, type Missing, type Plan, type Role, type Task } from './plan-types.ts';
import { asks, withoutReferences } from './prose.ts';
import { splitRequest, verbsOf, type Part } from './split.ts';

/** Answers to the questions of earlier plans of the same request, by `<task>.<field>`. */
export type Answers = Record<string, string>;

/** Turns a request into a plan, without a model: split, route, fill. What it cannot know it asks. */
export interface Planner {
  plan(caller: Caller, request: string, answers?: Answers): Promise<Plan>;
}

/** Below the first nothing is run; between the two only where the text also fills the tool's fields. */
const weak = 0.2;
const sure = 0.34;
const sureToRead = 0.22;
/** How far the best must be ahead of the next, unless its fields are filled and the other's are not. */
const margin = 0.03;
/** Tools that carry requests out cannot be what a request asks for. */
const ownTools = new Set(['intake_run', 'intake_plan', 'tool_search', 'tool_call']);
const entityBonus = 0.12;
const unexplainedMalus = 0.3;
const mostCandidates = 40;

interface Candidate {
  tool: Tool;
  score: number;
  filled: Filled;
  /** Share of the words that the tool and its fields account for. */
  coverage: number;
}

interface Desk {
  tools: Map<string, Tool>;
  router: Router;
  verbs: Set<string>;
  vocabularies: Map<string, Vocabulary>;
}

export function createPlanner({ gate }: { gate: Gate }): Planner {
  const desks = new Map<string, Desk>();
  const deskOf = (caller: Caller): Desk => {
    const known = desks.get(caller.kind);
    if (known) return known;
    const tools = gate.list(caller).filter((tool) => !ownTools.has(tool.name));
    const desk = {
      tools: new Map(tools.map((tool) => [tool.name, tool])),
      router: createRouter(tools),
      vocabularies: new Map(tools.map((tool) => [tool.name, vocabularyOf(tool)])),
      verbs: verbsOf(tools.flatMap((tool) => tool.examples)),
    };
    desks.set(caller.kind, desk);
    return desk;
  };
  return {
    plan: async (caller, request, answers = {}) => {
      const draft = new Draft(deskOf(caller), answers);
      for (const part of splitRequest(request.trim().replace(asks, ''), deskOf(caller).verbs)) draft.add(part);
      const { tasks, missing, confidence } = draft;
      return { hash: sha256(canonicalJson(tasks)), tasks, missing, confidence, changes: await changesOf(gate, caller, tasks) };
    },
  };
}

class Draft {
  readonly tasks: Task[] = [];
  readonly missing: Missing[] = [];
  confidence = 1;
  private readonly desk: Desk;
  private readonly answers: Answers;
  /** The text behind each task, so that a loose part can be put back to it. */
  private readonly texts: string[] = [];

  constructor(desk: Desk, answers: Answers) {
    this.desk = desk;
    this.answers = answers;
  }

  add(part: Part): void {
    const id = `t${this.tasks.length + 1}`;
    const said = this.answers[`${id}.tool`];
    const text = said === undefined || this.desk.tools.has(said) ? part.text : said;
    const named = said === undefined ? undefined : this.desk.tools.get(said.trim());
    const candidates = named ? [{ ...this.candidate(named, 1, text), coverage: 1 }] : this.candidates(text);
    const [best, next] = candidates;
    const isSure = best !== undefined && (named !== undefined || sureEnough(best, next));
    if (this.tasks.length > 0 && !part.isAfter && !isConditional(text) && this.joins(part, isSure ? best : undefined)) return;
    if (isConditional(text))
      return this.ask(id, text, {
        field: 'tool',
        question: `"${text}" has a condition, and without a model I do not decide on conditions. What shall I do without it?`,
      });
    if (!isSure) return this.ask(id, text, { field: 'tool', question: this.whichTool(text, candidates) });
    this.take(id, part, { best, text });
  }

  private candidates(text: string): Candidate[] {
    const { command } = extract(text);
    const variants = [text, withoutContent(text), ...(command === undefined ? [] : [text.replace(command, ' ')])];
    const scores = new Map<string, number>();
    for (const variant of new Set(variants)) {
      for (const { name, score } of this.desk.router.search(variant, mostCandidates))
        scores.set(name, Math.max(score, scores.get(name) ?? 0));
    }
    const scored = [...scores].map(([name, score]) => this.candidate(this.desk.tools.get(name)!, score, text));
    return scored.toSorted((a, b) => b.score - a.score);
  }

  /** What a sentence names speaks for the tools that take such things, and against those that lack theirs. */
  private candidate(tool: Tool, score: number, text: string): Candidate {
    const filled = fill(tool, text, { tasks: this.tasks });
    const slots = new Set(Object.values(tool.slots ?? {}));
    const { urls, paths, ids, command } = extract(text);
    const noun = tool.name.split('_')[0]!;
    let adjusted = score;
    if (urls.length > 0) adjusted += slots.has('url') ? entityBonus : -entityBonus / 2;
    if (paths.length > 0 && urls.length === 0)
      adjusted += slots.has('folder')
        ? looksLikeFolder(paths[0]!)
          ? entityBonus * 1.3
          : -entityBonus
        : slots.has('path')
          ? entityBonus
          : command === undefined
            ? -entityBonus / 2
            : 0;
    if (paths.length === 0 && filled.inheritsPath && /\b(?:it|that|them)\b/i.test(text)) adjusted += entityBonus * 1.5;
    if (ids.length > 0)
      adjusted += ids.some((one) => noun.startsWith(one.split('_')[0]!.replace('apr', 'approval'))) ? entityBonus : -entityBonus / 2;
    if (command !== undefined && slots.has('command')) adjusted += /[`"]/.test(text) ? entityBonus : entityBonus / 2;
    if (filled.missing.length > 0) adjusted -= entityBonus * 1.2;
    const coverage = this.coverage(tool, filled, text);
    adjusted -= (1 - coverage) * unexplainedMalus;
    return { tool, filled, coverage, score: Math.max(0, Math.min(1, adjusted)) };
  }

  private coverage(tool: Tool, { input }: Filled, text: string): number {
    const values = Object.values(input);
    const taken = values.flatMap((value) =>
      Array.isArray(value)
        ? [value.join(' ')]
        : typeof value === 'string' || typeof value === 'number'
          ? [String(value), lastPart(value)]
          : [],
    );
    const rest = taken.toSorted((a, b) => b.length - a.length).reduce((left, value) => left.replace(value, ' '), text);
    const said = values.some(isReference) || 'path' in input ? withoutReferences(rest) : rest;
    return this.desk.vocabularies.get(tool.name)!.coverage(said);
  }

  /** A loose part that is no wish of its own, or the same wish, belongs to the part before. */
  private joins(part: Part, best: Candidate | undefined): boolean {
    const previous = this.tasks.at(-1);
    if (!previous) return false;
    const isSame = best?.tool.name === previous.tool && best.filled.decided === 0;
    if (best && !isSame) return false;
    if (isSame) return true;
    const joined = `${this.texts.at(-1)} and ${part.text}`;
    const tool = this.desk.tools.get(previous.tool)!;
    const [again, next] = this.candidates(joined);
    if (!again || again.tool !== tool || !sureEnough(again, next) || this.coverage(tool, again.filled, part.text) < 1) return false;
    this.tasks.pop();
    this.missing.splice(0, this.missing.length, ...this.missing.filter((one) => one.task !== previous.id));
    this.texts.pop();
    this.take(previous.id, { ...part, isLoose: false }, { best: this.candidate(tool, again.score, joined), text: joined });
    return true;
  }

  private take(id: string, part: Part, { best, text }: { best: Candidate; text: string }): void {
    const { tool, filled, score } = best;
    const input = { ...filled.input };
    for (const field of filled.missing) {
      const answer = this.answers[`${id}.${field}`];
      const value = answer === undefined ? undefined : fillField(tool, field, answer);
      if (value === undefined) this.missing.push({ task: id, field, question: questionFor(tool, field, text) });
      else input[field] = value;
    }
    const dependsOn = [
      ...new Set([
        ...referencesIn(input),
        ...(part.isAfter && this.tasks.length > 0 ? [this.tasks.at(-1)!.id] : []),
        ...this.sharesPath(input),
      ]),
    ];
    this.tasks.push({ id, role: roleOf(tool, input), tool: tool.name, input, dependsOn });
    this.texts.push(text);
    this.confidence = Math.min(this.confidence, Math.round(score * 1_000) / 1_000);
  }

  /** Two tasks on one file keep the order in which they were said. */
  private sharesPath(input: Record<string, unknown>): string[] {
    const paths = ['path', 'from', 'to'].map((field) => input[field]).filter((path) => typeof path === 'string');
    return this.tasks
      .filter((task) => ['path', 'from', 'to'].some((field) => paths.includes(task.input[field] as string)))
      .map((task) => task.id);
  }

  private ask(id: string, text: string, { field, question }: { field: string; question: string }): void {
    this.tasks.push({ id, role: 'planner', tool: '', input: {}, dependsOn: [] });
    this.texts.push(text);
    this.missing.push({ task: id, field, question });
    this.confidence = 0;
  }

  private whichTool(text: string, candidates: Candidate[]): string {
    const names = candidates.slice(0, 3).map(({ tool }) => `${tool.name} (${tool.title.toLowerCase()})`);
    if (names.length === 0) return `I know no tool for "${text}". Say it in other words, or name a tool (claw tools lists them).`;
    return `I am not sure what to use for "${text}". Name one — ${names.join(', ')} — or say it in other words.`;
  }
}

/**
 * A guess that could destroy needs to be surer than one that only looks; and whoever leaves words of the person unexplained
 * has not understood them.
 */
function sureEnough(best: Candidate, next: Candidate | undefined): boolean {
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

/** A path may have been put together from its folder and its name. */
const lastPart = (value: string | number): string => String(value).split('/').at(-1)!;

/** "remember that …", "what did I tell you about …": what stands behind says nothing about what to do with it. */
const withoutContent = (text: string): string =>
  text.replace(
    /^(.{0,40}?\b(?:remember|note|notes|memori[sz]e|mind|forget|down|about|regarding|saying|containing)\b(?:\s+that|\s*:)?).+$/i,
    '$1',
  );

const isConditional = (text: string): boolean =>
  /(?:^|[\s,])(?:if|whenever|unless|in case|provided that|as long as|only when)\b/i.test(
    text.replace(/(["`]).*?\1|:\s.*$|\b(?:remember|note|mind|forget)\b.*$/g, ''),
  ) || /^(?:when|once|every time|until)\b/i.test(text);

function questionFor(tool: Tool, field: string, text: string): string {
  const asked: Record<string, string> = {
    path: 'Which file or folder',
    to: 'To where',
    url: 'Which address (URL)',
    id: 'Which id',
    text: 'What text',
    command: 'Which command',
    query: 'What shall I look for',
  };
  return `${asked[field] ?? `Which ${field}`}, for "${text}" (${tool.name})?`;
}

function roleOf(tool: Tool, input: unknown): Role {
  if (riskCeiling(tool) !== 'read') return 'executor';
  return /verify|check/.test(tool.name) ? 'verifier' : effectsOf(tool, input).sends ? 'executor' : 'planner';
}

function referencesIn(input: Record<string, unknown>): string[] {
  return Object.values(input).flatMap((value) => (isReference(value) ? [value.$from].flat() : []));
}

async function changesOf(gate: Gate, caller: Caller, tasks: Task[]): Promise<Change[]> {
  const literal = tasks.filter((task) => task.tool !== '' && referencesIn(task.input).length === 0);
  // A plan may be incomplete or about things that do not exist yet; then there is nothing to show.
  const previews = await Promise.all(literal.map((task) => gate.preview(caller, task.tool, task.input).catch(() => undefined)));
  return previews.flatMap((preview) => preview?.changes ?? []);
}
