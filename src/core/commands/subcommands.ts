import type { Risk } from '../tool.ts';
import { isComputed } from './paths.ts';
import type { ProgramRule } from './rules.ts';

const rank: Record<Risk, number> = { read: 0, write: 1, destructive: 2 };

interface Subcommand {
  noun?: string;
  verb?: string;
  /** An option that we do not know may have taken the word that we read as the noun. */
  doubtful: boolean;
}

/** The first two words that are no options: `docker compose up`. */
export function subcommandOf({ valued }: Pick<ProgramRule, 'valued'>, args: readonly string[]): Subcommand {
  const plain: string[] = [];
  let doubtful = false;
  for (let at = 0; at < args.length && plain.length < 2; at += 1) {
    const arg = args[at]!;
    if (!arg.startsWith('-')) plain.push(arg);
    else if (valued?.has(arg)) at += 1;
    else if (plain.length === 0 && !arg.includes('=')) doubtful = true;
  }
  return { noun: plain[0], verb: plain[1], doubtful };
}

/** Whether a subcommand is in a list of `noun` and `noun.verb`. */
export const isAmong = (list: ReadonlySet<string>, { noun = '', verb }: Subcommand): boolean =>
  (verb !== undefined && list.has(`${noun}.${verb}`)) || list.has(noun);

/** The class by subcommand, and the subcommand as it is listed. */
export function riskBySubcommand(rule: ProgramRule, args: readonly string[]): { risk: Risk; sub: string } {
  const { noun, verb, doubtful } = subcommandOf(rule, args);
  if (noun === undefined) return { risk: args.every((arg) => /^--?[a-z]+$/i.test(arg)) ? rule.risk : 'destructive', sub: '' };
  if (isComputed(noun)) return { risk: 'destructive', sub: 'something' };
  const listed = (key: string): Risk | undefined =>
    (['destructive', 'write', 'read'] as const).find((risk) => rule.subcommands![risk]?.has(key));
  const both = verb === undefined ? undefined : listed(`${noun}.${verb}`);
  const risk = both ?? listed(noun) ?? rule.subcommands!.other;
  const instead = doubtful && verb !== undefined ? listed(verb) : undefined;
  return { risk: instead !== undefined && rank[instead] > rank[risk] ? instead : risk, sub: both ? `${noun} ${verb}` : noun };
}
