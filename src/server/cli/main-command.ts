import { readFileSync } from 'node:fs';
import { exitCodeOf, ToolError } from '../../core/errors.ts';
import type { ToolFacts } from '../../core/tool-facts.ts';
import type { Session } from '../session.ts';
import { catchSignals, exitCodeOfSignal } from '../signals.ts';
import { commandHelp } from './command-help.ts';
import { commandOf, inputFromArgs, nearest, schemaOf, shown } from './flags.ts';
import { generalHelp, nounHelp, toolHelp } from './help.ts';
import { withSecretFields } from './hidden-input.ts';
import { callOnce, carryOut, showPlan } from './request.ts';
import { isStopCommand, stopCommand } from './stop-command.ts';
import { printable, type Terminal } from './terminal.ts';

export interface CommandParts {
  args: string[];
  terminal: Terminal;
  /** The registry: help needs no more, and makes no data folder. */
  tools: () => Promise<ToolFacts[]>;
  /** Opens the way to the gate; only commands that need it do. */
  open: () => Promise<Session>;
}

/** Runs one command of the owner's and gives its exit code. */
export async function runCommand({ args, terminal, tools, open }: CommandParts): Promise<number> {
  const [command = '', ...rest] = args;
  const help = await helpFor(args, tools);
  if (help !== undefined) {
    terminal.out(help);
    return 0;
  }
  // Until the session is closed: the first Ctrl-C cancels the call, the second ends the process at once.
  using signals = catchSignals();
  await using session = await open();
  const desk = { session, terminal, call: { signal: cancelledBy(signals.first), onProgress: terminal.progress } };
  const exitOfSignal = (): number | undefined => {
    const signal = signals.received();
    return signal === undefined || signal === 'SIGINT' ? undefined : exitCodeOfSignal(signal);
  };
  try {
    const exit = await dispatch(command, rest, desk);
    if (signals.received() !== undefined) return exitOfSignal() ?? 1;
    await session.settled();
    return exit;
  } catch (error) {
    const exit = reportError(error, terminal);
    return exitOfSignal() ?? exit;
  } finally {
    terminal.clear();
  }
}

/** `claw help file`, `claw file help`, `claw file write --help`; undefined where no help is asked for. */
async function helpFor([command, ...rest]: string[], tools: CommandParts['tools']): Promise<string | undefined> {
  if (command === undefined || command === '--help' || (command === 'help' && rest.length === 0)) return generalHelp;
  const topic = command === 'help' ? rest : [command, ...rest].filter((word) => word !== 'help' && word !== '--help' && word !== '-h');
  if (command !== 'help' && !asksForHelp([command, ...rest]) && !(rest.length === 1 && rest[0] === 'help')) return undefined;
  const [noun = '', verb] = topic;
  const tool = (await tools()).find(({ name }) => name === toolNamed(noun, verb));
  if (tool) return toolHelp(tool);
  return topic.length === 1 ? (nounHelp(noun, await tools()) ?? commandHelp([noun, '--help'])) : undefined;
}

/** What stands behind -- is for the program that is to be run. */
const asksForHelp = (args: string[]): boolean =>
  args.slice(0, [...args, '--'].indexOf('--')).some((word) => word === '--help' || word === '-h');

type Desk = Parameters<typeof carryOut>[1];

async function dispatch(command: string, rest: string[], desk: Desk): Promise<number> {
  if (command === 'do') return request(rest, desk);
  if (command === 'help') throw unknownCommand(rest[0] ?? '', rest[1], await desk.session.tools());
  if (command === 'call') return callTool(rest, desk);
  if (command === 'tools') return listTools(rest, desk);
  if (command === 'undo') return callOnce('run_undo', { id: need(rest[0], 'claw undo <run or call>, or claw undo last') }, desk);
  if (isStopCommand([command, ...rest])) return stopCommand(rest, desk);
  return toolCommand(command, rest, desk);
}

async function request(rest: string[], desk: Desk): Promise<number> {
  const isPlan = rest.includes('--plan');
  const words = rest.filter((word) => word !== '--plan' && word !== '--');
  const stranger = words.find((word) => word.startsWith('--'));
  if (stranger)
    throw new ToolError('invalid_input', `claw do has no ${shown(stranger)}.`, { hint: 'It takes --plan, --json and --no-daemon.' });
  const text = need(words.join(' ').trim() || undefined, 'claw do "check the disk of this machine"');
  return isPlan ? showPlan(text, desk) : carryOut(text, desk);
}

async function callTool([name, json, ...more]: string[], desk: Desk): Promise<number> {
  const usage = `claw call memory_recall '{"query":"nas"}'`;
  const tool = need(name, usage);
  if (more.length > 0) throw new ToolError('invalid_input', `There is no place for ${shown(more[0])}.`, { hint: `As in ${usage}` });
  const text = json === '-' ? readFileSync(0, 'utf8') : (json ?? '{}');
  return callOnce(tool, parseInput(text, usage), desk);
}

function parseInput(text: string, usage: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ToolError('invalid_input', 'The input is not JSON.', { hint: `As in ${usage}` });
  }
}

async function listTools(rest: string[], { session, terminal }: Desk): Promise<number> {
  const all = await session.tools();
  const words = rest.join(' ').toLowerCase().split(/\s+/).filter(Boolean);
  const items = all.filter((tool) => words.every((word) => `${tool.name} ${tool.title} ${tool.description}`.toLowerCase().includes(word)));
  if (terminal.json) terminal.out(JSON.stringify({ items }));
  else if (items.length === 0)
    terminal.out('No tool has all of these words. claw tools lists them all; claw do "…" --plan shows which one a sentence means.');
  else
    for (const { name, risk, description } of items)
      terminal.out(printable(`${terminal.paint('bold', name.padEnd(18))} ${risk.padEnd(12)} ${description}`));
  return 0;
}

async function toolCommand(noun: string, [verb, ...args]: string[], desk: Desk): Promise<number> {
  const tools = await desk.session.tools();
  const ofNoun = tools.filter(({ name }) => name.startsWith(`${noun}_`));
  const only = verb === undefined && ofNoun.length === 1 ? ofNoun[0] : undefined;
  const tool = tools.find(({ name }) => name === toolNamed(noun, verb)) ?? tools.find(({ name }) => name === noun) ?? only;
  if (!tool) throw unknownCommand(noun, verb, tools);
  const rest = tool.name === noun && verb !== undefined ? [verb, ...args] : args;
  const input = inputFromArgs(tool, rest, () => readFileSync(0, 'utf8').replace(/\n$/, ''));
  return callOnce(tool.name, complete(tool, await withSecretFields(tool, input, desk.terminal)), desk);
}

/** Throws `invalid_input` with the words of the command line, where something is left out. */
function complete(tool: ToolFacts, input: Record<string, unknown>): Record<string, unknown> {
  const missing = schemaOf(tool).required.filter((field) => input[field] === undefined && field !== 'cwd');
  if (missing.length === 0) return input;
  const words = missing.map((field) => `<${field}>`).join(' and ');
  throw new ToolError('invalid_input', `claw ${commandOf(tool.name)} needs ${words}.`, {
    hint: `claw ${commandOf(tool.name)} --help shows how.`,
  });
}

const toolNamed = (noun: string, verb = ''): string => `${noun}_${verb.replaceAll('-', '_')}`;

function unknownCommand(noun: string, verb: string | undefined, tools: ToolFacts[]): ToolError {
  const verbs = tools.filter(({ name }) => name.startsWith(`${noun}_`)).map(({ name }) => name.slice(noun.length + 1).replaceAll('_', '-'));
  if (verbs.length > 0)
    return new ToolError('unknown_tool', verb === undefined ? `claw ${noun} needs a verb.` : `claw ${noun} ${shown(verb)} is no command.`, {
      hint: `claw ${noun} takes: ${verbs.join(', ')}.`,
    });
  const nouns = [
    ...new Set(tools.map(({ name }) => name.split('_')[0]!)),
    'do',
    'call',
    'tools',
    'undo',
    'serve',
    'mcp',
    'config',
    'doctor',
    'help',
  ];
  const near = nearest(noun, nouns);
  return new ToolError('unknown_tool', `claw ${shown(noun)} is no command.`, {
    hint: `${near ? `Do you mean claw ${near}? ` : ''}claw --help lists the commands, claw tools the tools.`,
  });
}

function need(value: string | undefined, usage: string): string {
  if (value !== undefined) return value;
  throw new ToolError('invalid_input', 'Something is missing.', { hint: `As in ${usage}` });
}

/** The reason why calls end with a signal, in words for whoever sent it. */
function cancelledBy(first: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const cancelled = new ToolError('cancelled', 'You cancelled it.', { hint: 'claw run list shows how far it came.' });
  first.addEventListener('abort', () => controller.abort(cancelled), { once: true });
  if (first.aborted) controller.abort(cancelled);
  return controller.signal;
}

/** Any failure, in the shape that programs and people expect, with its exit code. */
export function reportError(error: unknown, terminal: Terminal): number {
  const known =
    error instanceof ToolError
      ? error
      : new ToolError('internal', 'claw failed unexpectedly.', { hint: 'CLAW_LOG=debug shows more.', cause: error });
  const shape = known.toJSON();
  if (terminal.json) process.stderr.write(`${JSON.stringify(shape)}\n`);
  else terminal.note(printable(`${terminal.paint('red', shape.message)}${shape.hint ? `\n${shape.hint}` : ''}`));
  if (!(error instanceof ToolError)) process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return exitCodeOf(known.code);
}
