import type { Plan } from '../../src/agents/intake/plan-types.ts';
import type { Ranking } from '../../src/agents/routing/router.ts';

/** Sentences of people who have not seen the tools' examples, and what serves them. */
export interface RoutingSet {
  /** `accept`: other tools that serve it as well. */
  paraphrases: { text: string; tool: string; accept?: string[] }[];
  /** Nothing that any tool does. */
  outOfScope: string[];
  /** The tools of the parts, in the order in which they are said. */
  multipart: { text: string; tools: string[]; accept?: string[][] }[];
}

export interface Reach {
  /** Shares of the paraphrases whose tool came first, or under the first five. */
  first: number;
  five: number;
  /**
   * How often a sentence for a tool is trusted more than one for none: the area under the ROC curve (Hanley & McNeil 1982).
   */
  auroc: number;
  missed: { text: string; tool: string; found: string }[];
}

/** `rank` gives one ranking for each sentence; tools that carry out requests are no answer to one. */
export async function measureReach(set: RoutingSet, rank: (sentences: string[]) => Promise<Ranking[]>): Promise<Reach> {
  const rankings = await rank(set.paraphrases.map(({ text }) => text));
  const outside = await rank(set.outOfScope);
  const found = rankings.map(({ matches }) => matches.map(({ name }) => name).filter((name) => !ownTools.has(name)));
  const among = (count: number): boolean[] =>
    set.paraphrases.map(
      ({ tool, accept = [] }, index) => found[index]?.slice(0, count).some((name) => [tool, ...accept].includes(name)) === true,
    );
  const first = among(1);
  return {
    first: share(first),
    five: share(among(5)),
    auroc: areaUnderCurve(
      rankings.map(({ familiarity }) => familiarity),
      outside.map(({ familiarity }) => familiarity),
    ),
    missed: set.paraphrases.flatMap(({ text, tool }, index) => (first[index] ? [] : [{ text, tool, found: found[index]?.[0] ?? '' }])),
  };
}

export interface Splits {
  /** Share of the multi-part requests whose plan has the same tools in the same order. */
  right: number;
  wrong: { text: string; tools: string[]; planned: string[] }[];
}

export async function measureSplits({ multipart }: RoutingSet, plan: (request: string) => Promise<Plan>): Promise<Splits> {
  const wrong: Splits['wrong'] = [];
  for (const { text, tools, accept = [] } of multipart) {
    const planned = (await plan(text)).tasks.map(({ tool }) => tool);
    if (![tools, ...accept].some((one) => one.join(' ') === planned.join(' '))) wrong.push({ text, tools, planned });
  }
  return { right: 1 - wrong.length / multipart.length, wrong };
}

const ownTools = new Set(['intake_run', 'intake_plan', 'tool_search', 'tool_call']);

const share = (hits: boolean[]): number => hits.filter(Boolean).length / hits.length;

function areaUnderCurve(inside: number[], outside: number[]): number {
  const wins = inside.flatMap((one): number[] => outside.map((other) => (one > other ? 1 : one === other ? 0.5 : 0)));
  return wins.reduce((sum, win) => sum + win, 0) / wins.length;
}
