import { newId } from '../core/ids.ts';
import { realPath } from '../core/ground.ts';
import { callHash } from '../core/json.ts';
import { effectsOf, riskOf, type Caller, type Effects, type Risk, type Taint, type Tool } from '../core/tool.ts';
import type { AuditEntry } from './audit/audit.ts';
import type { CallOptions } from './gate-types.ts';
import { writtenPlaces, type PlaceJudge, type WrittenPlaces } from './policy/written-places.ts';
import type { StoppableCall } from './stop-switch.ts';
import { scopeOf } from './taint.ts';

/** A call on its way through the gate. */
export interface Call {
  id: string;
  caller: Caller;
  tool: Tool;
  input: unknown;
  hash: string;
  risk: Risk;
  effects: Effects;
  /** What it returns may be somebody else's words. */
  shows: boolean;
  places: WrittenPlaces;
  /** Where the paths of a call that writes really lead, by the path that it names. */
  led: Record<string, string>;
  options: CallOptions;
  /** Whose reading counts together; undefined for the owner's single word. */
  scope: string | undefined;
  /** What this very call has read so far. */
  read: Taint;
}

/** A name that no tool has, for the records: what does not look like one may be a secret in the wrong place. */
export const sayable = (name: string): string => (/^(?:[a-z]{1,40}|[a-z]+_\w{1,50}|\[REDACTED:claw\])$/i.test(name) ? name : '(no name)');

export const entryFor = (caller: Caller, tool: string, { run }: CallOptions): AuditEntry => ({
  event: 'started',
  callId: newId('call'),
  caller,
  tool: tool.slice(0, 60),
  runId: run?.id,
  stepId: run?.stepId,
});

/** What judging a call may ask about paths. */
export interface CallJudge extends PlaceJudge {
  /** Whether the owner takes what is in a file for as good as his own words. */
  trusts: (file: string) => boolean;
}

type Described = Pick<Call, 'caller' | 'tool' | 'input' | 'options'>;

export function describe(id: string, { caller, tool, input, options }: Described, judge: CallJudge): Call {
  const led = ledOf(tool, input);
  const isPlain = Object.keys(led).length === 0;
  const places = writtenPlaces(tool, isPlain ? [input] : [input, withLed(tool, input, led)], judge);
  const effects = { ...effectsOf(tool, input), ...(places.trusted !== undefined && { persists: true }) };
  const shows = showsOthersText(tool, input, judge);
  const own = { read: { untrusted: false, private: false }, scope: scopeOf(caller, options) };
  const hash = callHash(tool.name, isPlain ? input : { input, led });
  return { id, caller, tool, input, hash, risk: riskOf(tool, input), effects, shows, places, led, options, ...own };
}

/** Files that the owner does not trust, what programs print, names of processes. */
function showsOthersText(tool: Tool, input: unknown, { trusts }: CallJudge): boolean {
  if (tool.sandboxed === true) return true;
  const { readsPrivate = false } = effectsOf(tool, input);
  const files = (tool.paths ?? []).map((field) => (input as Record<string, unknown>)[field]).filter((value) => typeof value === 'string');
  return readsPrivate && !(files.length > 0 && files.every((file) => trusts(realPath(file))));
}

/** Those that lead elsewhere than their words say: an approval is bound to where, too. */
function ledOf({ writes, paths = [] }: Tool, input: unknown): Record<string, string> {
  if (!writes) return {};
  const given = paths.map((field) => (input as Record<string, unknown>)[field]).filter((value) => typeof value === 'string');
  const pairs = given.map((file): [string, string] => [file, realPath(file) + (file.length > 1 && file.endsWith('/') ? '/' : '')]);
  return Object.fromEntries(pairs.filter(([file, real]) => file !== real));
}

const withLed = ({ paths = [] }: Tool, input: unknown, led: Record<string, string>): unknown => {
  const given = input as Record<string, unknown>;
  return { ...given, ...Object.fromEntries(paths.map((field) => [field, led[String(given[field])] ?? given[field]])) };
};

/** For the tool's context. What a tool does not declare in `writes` was not judged, so it is not written. */
export const ledIn =
  ({ tool, led }: Call) =>
  (file: string): string => {
    if (!tool.writes) throw new Error(`${tool.name} does not declare what it writes`);
    return led[file] ?? file;
  };

export const stoppable = ({ caller, tool, options }: Call): StoppableCall => ({ caller, tool, isOfRun: options.run !== undefined });
