import path from 'node:path';
import type { Tool, ToolCall } from '../../core/tool.ts';
import type { Gate } from '../../gate/gate-types.ts';
import type { Taints } from '../../gate/taint.ts';
import type { AskedChange } from './changes-asked.ts';

interface Named {
  gate: Gate;
  runId: string;
  taints: Pick<Taints, 'fix'>;
  find: (tool: string) => Tool | undefined;
  request: string;
  asked: AskedChange[];
}

/**
 * The same gate, which is told of a call that the request itself names, by its tool and by each path that it writes: such a call is
 * a part of the request though a model has put it together. Once the run has read text from outside nothing is added any more.
 */
export function gateForNamed({ gate, runId, taints, find, request, asked }: Named): Gate {
  const said = new Set(request.split(/\s+/).map((word) => placeOf(word.replace(/^["'`(]+|["'`),;:.!?]+$/g, ''))));
  const isNamed = ({ tool: name, input }: ToolCall): boolean => {
    const tool = find(name);
    if (!tool?.writes || tool.sandboxed || !asked.some(({ tools }) => tools.includes(name))) return false;
    const places = (tool.paths ?? []).map((field) => (input as Record<string, unknown>)[field]).filter((value) => value !== undefined);
    return places.length > 0 && places.every((place) => typeof place === 'string' && said.has(placeOf(place)));
  };
  return {
    ...gate,
    call: (caller, tool, input, options) => {
      if (isNamed({ tool, input })) taints.fix(runId, [{ tool, input }]);
      return gate.call(caller, tool, input, options);
    },
  };
}

/** Relative ones are of one folder, whichever it is. */
const placeOf = (place: string): string => path.resolve('/', place === '' ? '.' : place.startsWith('/') ? place : `./relative/${place}`);
