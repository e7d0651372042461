import type { Caller, Tool } from '../core/tool.ts';
import { mayName } from '../core/tool-facts.ts';
import type { ForeignTools } from '../engines/sources/sources.ts';
import { isInReach, toolsKey } from './reach.ts';

interface Listed {
  foreign: Tool[];
  tools: Tool[];
}

/** claw's own tools and those of other servers, as one. */
export interface ToolLists {
  find(name: string): Tool | undefined;
  /** Those that such a caller may name, sorted by name: the same list for as long as nothing changes. */
  of(caller: Caller): Tool[];
}

export function createToolLists(tools: Tool[], others: ForeignTools): ToolLists {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  const lists = new Map<string, Listed>();
  return {
    find: (name) => byName.get(name) ?? others.find(name),
    of: (caller) => {
      const foreign = others.list();
      const known = lists.get(toolsKey(caller));
      if (known?.foreign === foreign) return known.tools;
      const all = [...tools, ...foreign]
        .filter((tool) => mayName(tool, caller.kind) && isInReach(caller, tool.name))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
      lists.set(toolsKey(caller), { foreign, tools: all });
      return all;
    },
  };
}
