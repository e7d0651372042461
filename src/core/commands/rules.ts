import type { Risk } from '../tool.ts';
import { destroyers, interpreters, readers, writers } from './names.ts';
import { gitRules } from './git-rules.ts';
import { packageRules } from './package-rules.ts';
import { readerRules } from './reader-rules.ts';
import { serviceRules } from './service-rules.ts';
import { systemRules } from './system-rules.ts';

/** What is known of one program. Data only; `risk.ts` reads it. */
export interface ProgramRule {
  /** Of a call that nothing below applies to. */
  risk: Risk;
  /** The class by subcommand, `noun verb` before `noun`; `other` for those not listed. */
  subcommands?: Partial<Record<Risk, ReadonlySet<string>>> & { other: Risk };
  /** Options before the subcommand that take a value in the next word. */
  valued?: ReadonlySet<string>;
  /** Arguments that make a call worse than its plain form; with a third pattern, only of those subcommands. */
  raise?: [argument: RegExp, risk: Risk, subcommand?: RegExp][];
  /** Where every argument matches `all`, and one of them `one`, the call only reads, whatever stands above. */
  readsOnly?: { all: RegExp; one?: RegExp };
  /** Whole calls, their arguments joined by spaces, of a class of their own; the first that fits, before all but `acts`. */
  forms?: [call: RegExp, risk: Risk][];
  /** Options, as `optionsIn` reads them, that run something, destroy, or have other files believed. */
  acts?: string;
  /** Options that make it a write. */
  changes?: string;
  /** Options whose value names what is written. */
  outputs?: string;
  /** How many operands are read; the ones after them are written. */
  reads?: number;
  /** Waits for keys, unless one of these options is given: whoever can press them has a shell. */
  interactive?: string;
}

/** Programs whose arguments decide. */
const rules: Record<string, ProgramRule> = { ...readerRules, ...systemRules, ...serviceRules, ...gitRules, ...packageRules };

export const ruleFor = (program: string): ProgramRule | undefined => (Object.hasOwn(rules, program) ? rules[program] : undefined);

export const isListed = (program: string): boolean =>
  readers.has(program) || writers.has(program) || destroyers.has(program) || interpreters.has(program) || ruleFor(program) !== undefined;
