import { forbiddenCommand, forbiddenText, forbiddenTogether, saysDrop } from './commands/forbidden.ts';
import { isComputed } from './commands/paths.ts';
import { trafficOf } from './commands/network.ts';
import { isUnseen, leavesSomething, riskOfCommand, riskOfVariable, worst } from './commands/risk.ts';
import { isClear, opened } from './commands/wrappers.ts';
import { readShell, type ShellLine, type SimpleCommand } from './shell-words.ts';
import type { Risk } from './tool.ts';

export interface CommandVerdict {
  risk: Risk;
  /** What makes it more than a read, for the owner. */
  why: string;
  /** Why it must never run, whoever asks. */
  forbidden?: string;
  /** Leaves something that acts later: crontab, units, shell start-up files. */
  persists: boolean;
  /** Tells other machines something. */
  sends: boolean;
  /** What it prints may be a stranger's text. */
  hears: boolean;
  /** Runs a program that is not known here, or what files say: it may do more than its words tell. */
  isUnseen: boolean;
}

/** How a command is given: a vector for execve, or a line for `sh -c`. */
export interface GivenCommand {
  command?: string[];
  script?: string;
  env?: Record<string, string>;
  cwd?: string;
  stdin?: string;
}

/** A line for `sh -c`. What cannot be parsed counts as destructive. */
export const classifyScript = (script: string): CommandVerdict => classify({ script });

const kept = new Map<string, CommandVerdict>();
const mostKept = 200;
const longestKept = 4_000;

/** Judged several times in one call (risk, effects, forbidden), so the latest verdicts are kept. */
export function classify(given: GivenCommand): CommandVerdict {
  const key = JSON.stringify([given.command, given.script, given.env, given.cwd, given.stdin]);
  const known = kept.get(key);
  if (known) return known;
  const verdict = judge(given);
  if (key.length > longestKept) return verdict;
  if (kept.size >= mostKept) kept.delete(kept.keys().next().value!);
  kept.set(key, verdict);
  return verdict;
}

/**
 * Every simple command that would run, wrappers taken off. Undefined where one of them cannot be told; a rule that
 * allows must then not apply.
 */
export function commandsOf(given: GivenCommand): SimpleCommand[] | undefined {
  const line = lineOf(given);
  const all = line?.commands.flatMap((command) => opened(command));
  return all?.every((one): one is SimpleCommand => isClear(one) && isKnown(one)) ? all : undefined;
}

const isKnown = ({ words, writesTo, readsFrom }: SimpleCommand): boolean => ![...words, ...writesTo, ...readsFrom].some(isComputed);

function judge(given: GivenCommand): CommandVerdict {
  const line = lineOf(given);
  if (!line) return unparsed(given.script ?? '');
  const all = line.commands.flatMap((command) => opened(command));
  const clear = all.filter(isClear);
  const unclear = all.find((one) => 'unclear' in one);
  const forbidden = line.isForkBomb ? 'It is a fork bomb.' : (clear.map(forbiddenCommand).find(Boolean) ?? forbiddenTogether(clear));
  const { risk, why } = worst([
    ...clear.map((command) => riskOfCommand(command, line.functions)),
    ...Object.keys(given.env ?? {}).map(riskOfVariable),
    ...(unclear ? [{ risk: 'destructive' as const, why: unclear.unclear }] : []),
  ]);
  const traffic = clear.map(trafficOf);
  return {
    risk,
    why,
    persists: unclear !== undefined || clear.some(leavesSomething),
    sends: unclear !== undefined || traffic.some(({ sends }) => sends),
    hears: unclear !== undefined || traffic.some(({ hears }) => hears),
    isUnseen: unclear !== undefined || clear.some((command) => isUnseen(command, line.functions)),
    ...(forbidden !== undefined && { forbidden }),
  };
}

/** The line that is given, or the vector as a line of one command; undefined where it cannot be parsed. */
export function lineOf({ command, script, cwd, stdin }: GivenCommand): ShellLine | undefined {
  const within = cwd === undefined ? [] : [cwd];
  const given = stdin === undefined || stdin === '' ? {} : { stdin };
  if (script === undefined) {
    const only: SimpleCommand = {
      words: command ?? [],
      sets: [],
      writesTo: [],
      readsFrom: [],
      isPiped: false,
      fedBy: [],
      within,
      ...given,
    };
    return { commands: [only], functions: new Set(), isForkBomb: false };
  }
  const line = readShell(script);
  if (!line) return undefined;
  const { functions, isForkBomb } = line;
  return { functions, isForkBomb, commands: line.commands.map((one) => ({ ...given, ...one, within: [...one.within, ...within] })) };
}

function unparsed(script: string): CommandVerdict {
  const forbidden = forbiddenText(script) ?? (saysDrop(script) ? 'It would drop a database.' : undefined);
  return {
    risk: 'destructive',
    why: 'the line cannot be parsed',
    persists: true,
    sends: true,
    hears: true,
    isUnseen: true,
    ...(forbidden !== undefined && { forbidden }),
  };
}
