import { isReference, referencesIn } from '../../core/reference.ts';
import { effectsOf, riskCeiling, type Tool } from '../../core/tool.ts';
import { candidate, candidatesFor, coverageOf, sureEnough, type Candidate, type Desk } from './candidates.ts';
import { extract } from './extract.ts';
import { fillField } from './fill.ts';
import type { Missing, Role, Task } from './plan-types.ts';
import type { Answers } from './planner.ts';
import { questionFor, whichTool } from './questions.ts';
import { itemsOf, type Part } from './split.ts';

/** A plan in the making: parts of a request go in one after the other. */
export class Draft {
  readonly tasks: Task[] = [];
  readonly missing: Missing[] = [];
  confidence = 1;
  readonly desk: Desk;
  private readonly answers: Answers;
  /** The text behind each task, so that a loose part can be put back to it. */
  private readonly texts: string[] = [];

  /** Before the ids of tasks, where the draft is a part of another. */
  private readonly prefix: string;

  constructor(desk: Desk, answers: Answers, prefix = '') {
    this.desk = desk;
    this.answers = answers;
    this.prefix = prefix;
  }

  get nextId(): string {
    return `${this.prefix}t${this.tasks.length + 1}`;
  }

  /** A task that was planned elsewhere. */
  put(task: Task, { text, missing, confidence }: { text: string; missing: Missing[]; confidence: number }): void {
    this.tasks.push(task);
    this.texts.push(text);
    this.missing.push(...missing);
    this.confidence = Math.min(this.confidence, confidence);
  }

  private at(text: string): { text: string; desk: Desk; tasks: Task[] } {
    return { text, desk: this.desk, tasks: this.tasks };
  }

  async add(part: Part): Promise<void> {
    const items = await this.severalWishes(part);
    for (const [index, text] of items.entries())
      await this.addOne({ ...part, text, isLoose: part.isLoose || index > 0, isAfter: part.isAfter && index === 0 });
  }

  /** The items of a list, where each of them is a wish of its own; else the part as a whole. */
  private async severalWishes({ text }: Part): Promise<string[]> {
    const items = itemsOf(text) ?? [];
    const found = await Promise.all(items.map((item) => candidatesFor(item, this)));
    const tools = found.flatMap(([best, next]) =>
      best && sureEnough(best, next) && best.filled.missing.length === 0 ? [best.tool.name] : [],
    );
    return items.length > 1 && new Set(tools).size === items.length ? items : [text];
  }

  private async addOne(part: Part): Promise<void> {
    const id = this.nextId;
    const said = this.answers[`${id}.tool`];
    const text = said === undefined || this.desk.tools.has(said) ? part.text : said;
    const named = said === undefined ? undefined : this.desk.tools.get(said.trim());
    const candidates = named ? [{ ...candidate(named, this.at(text)), score: 1, coverage: 1 }] : await candidatesFor(text, this);
    const [best, next] = candidates;
    const isSure = best !== undefined && (named !== undefined || (sureEnough(best, next) && !this.leavesPronoun(best, text)));
    if (retells.test(text) && this.hasShown()) return;
    if (this.tasks.length > 0 && !part.isAfter && !isConditional(text) && (await this.joins(part, isSure ? best : undefined))) return;
    if (isConditional(text))
      return this.ask(id, text, {
        field: 'tool',
        question: `"${text}" has a condition, and without a model I do not decide on conditions. What shall I do without it?`,
      });
    if (!isSure) return this.ask(id, text, { field: 'tool', question: whichTool(text, candidates) });
    const each = severalOf(best, text) ?? (best.filled.inheritsPath && /\bboth\b/i.test(text) ? this.bothPaths() : []);
    if (each.length === 0) return this.take(id, part, { best, text });
    for (const [index, given] of each.entries())
      this.take(this.nextId, { ...part, isAfter: part.isAfter && index === 0 }, { best, text, given });
  }

  /** "how long has it been running" is about something said before; a tool that takes nothing from there does not answer it. */
  private leavesPronoun({ tool, filled }: Candidate, text: string): boolean {
    const before = this.tasks.at(-1);
    const takesIt = filled.inherits || Object.values(filled.input).some((value) => isReference(value) || value === 'last');
    const isKin = before?.tool.split('_')[0] === tool.name.split('_')[0];
    return (
      before !== undefined && !takesIt && !isKin && filled.decided === 0 && /\b(?:it|its|them|they|those|these|each one)\b/i.test(text)
    );
  }

  /** Whether the report of the part before tells what it found. */
  private hasShown(): boolean {
    const tool = this.desk.tools.get(this.tasks.at(-1)?.tool ?? '');
    return tool !== undefined && riskCeiling(tool) === 'read';
  }

  /** "show me both files": the two that the part before was about. */
  private bothPaths(): { path: string }[] {
    const { from, to } = this.tasks.at(-1)?.input ?? {};
    return typeof from === 'string' && typeof to === 'string' ? [{ path: from }, { path: to }] : [];
  }

  /** A loose part that is no wish of its own, or the same wish, belongs to the part before. */
  private async joins(part: Part, best: Candidate | undefined): Promise<boolean> {
    const previous = this.tasks.at(-1);
    if (!previous) return false;
    const isSame = best?.tool.name === previous.tool && best.filled.decided === 0;
    if (best && !isSame) return false;
    if (isSame) return true;
    const joined = `${this.texts.at(-1)} and ${part.text}`;
    const tool = this.desk.tools.get(previous.tool)!;
    const [again, next] = await candidatesFor(joined, this);
    if (
      !again ||
      again.tool !== tool ||
      !sureEnough(again, next) ||
      coverageOf(tool, again.filled, { text: part.text, desk: this.desk }) < 1
    )
      return false;
    this.tasks.pop();
    this.missing.splice(0, this.missing.length, ...this.missing.filter((one) => one.task !== previous.id));
    this.texts.pop();
    this.take(
      previous.id,
      { ...part, isLoose: false },
      { best: { ...candidate(tool, this.at(joined)), score: again.score }, text: joined },
    );
    return true;
  }

  private take(id: string, part: Part, { best, text, given }: { best: Candidate; text: string; given?: Record<string, string> }): void {
    const { tool, filled, score } = best;
    const input: Record<string, unknown> = { ...filled.input, ...given };
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

  /** Two tasks on one file, or on a folder and what is in it, keep the order in which they were said. */
  private sharesPath(input: Record<string, unknown>): string[] {
    const own = pathsIn(input);
    return this.tasks
      .filter((task) => pathsIn(task.input).some((path) => own.some((other) => touches(path, other))))
      .map((task) => task.id);
  }

  private ask(id: string, text: string, { field, question }: { field: string; question: string }): void {
    this.tasks.push({ id, role: 'planner', tool: '', input: {}, dependsOn: [] });
    this.texts.push(text);
    this.missing.push({ task: id, field, question });
    this.confidence = 0;
  }
}

const pathsIn = (input: Record<string, unknown>): string[] =>
  ['path', 'from', 'to'].map((field) => input[field]).filter((path) => typeof path === 'string');

function touches(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => `${path.replace(/\/$/, '')}/`) as [string, string];
  return a.startsWith(b) || b.startsWith(a);
}

/** "copy a.txt and b.txt into c" is two copies. */
function severalOf({ tool, filled }: Candidate, text: string): { from: string }[] | undefined {
  if (tool.slots === undefined || !('from' in tool.slots) || typeof filled.input.to !== 'string') return undefined;
  const end = filled.input.to.replace(/\/$/, '');
  const sources = extract(text).paths.filter((path) => path !== end && !end.endsWith(`/${path}`));
  return sources.length > 1 ? sources.map((from) => ({ from })) : undefined;
}

/** "tell me just the result": the report shows what the part before found anyway. */
const retells =
  /^(?:tell|show|give)\s+(?:it\s+to\s+)?(?:me|us)(?:\s+(?:just|only))?(?:\s+(?:the|its|what))?(?:\s+(?:results?|outputs?|answers?|status|contents?|response|says|it says))?[.!]?$/i;

const isConditional = (text: string): boolean =>
  /(?:^|(?<!\b(?:see|check|test|tell me|know|find out|look|verify|say|wonder|ask))[\s,])(?:if|whenever|unless|in case|provided that|as long as|only when)\b/i.test(
    text.replace(/(["`]).*?\1|:\s.*$|\b(?:remember|note|mind|forget)\b.*$/g, ''),
  ) || /^(?:when(?!\s+(?:is|are|was|were|do|does|did|will|has|have|can|should)\b)|once|every time|until)\b/i.test(text);

/** Who a call is for, by what it can do: the role router. */
export function roleOf(tool: Tool, input: unknown): Role {
  if (riskCeiling(tool) !== 'read') return 'executor';
  return /verify|check/.test(tool.name) ? 'verifier' : effectsOf(tool, input).sends ? 'executor' : 'planner';
}
