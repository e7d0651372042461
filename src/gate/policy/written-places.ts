import type { Ground } from '../../core/ground.ts';
import type { Tool, ToolCall } from '../../core/tool.ts';
import { placeOf, type Place } from '../../core/trusted-path.ts';

export interface PlaceJudge {
  ground: Ground;
  find: (name: string) => Tool | undefined;
}

/** What a call writes that is more than an ordinary file, each as the call names it. */
export type WrittenPlaces = Partial<Record<Place, string>>;

/**
 * Of a call, with its paths as it names them and as they led when it came, and of those calls that it has made later; what
 * such a call writes depends on arguments that it may not have yet.
 */
export function writtenPlaces(tool: Tool, inputs: unknown[], judge: PlaceJudge): WrittenPlaces {
  const found: WrittenPlaces = {};
  if (!tool.writes && !tool.later) return found;
  for (const file of new Set(inputs.flatMap((input) => writesOf(tool, input, judge)))) {
    const place = placeOf(file, judge.ground);
    if (place) found[place] ??= file;
  }
  return found;
}

function writesOf({ writes, later }: Tool, input: unknown, judge: PlaceJudge): string[] {
  const own = writes?.(input) ?? [];
  const others = (later?.(input) ?? []).flatMap((call) => writesLater(call, judge));
  return [...own, ...others].filter((file) => file !== '' && !file.includes('\0'));
}

/** Of a call that only passes another one on, what that one writes. */
function writesLater({ tool: name, input }: ToolCall, judge: PlaceJudge): string[] {
  const tool = judge.find(name);
  const given = tool?.input.safeParse(input);
  if (!tool || !given?.success) return [];
  return tool.passesOn ? writesLater(tool.passesOn(given.data), judge) : (tool.writes?.(given.data) ?? []);
}
