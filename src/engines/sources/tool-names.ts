import { sha256 } from '../../core/json.ts';

const longestName = 40;

/** Among which names one must be told apart. */
export interface Neighbours {
  /** All servers of mcp.json. */
  sources: string[];
  /** All tools of this server. */
  tools: string[];
}

/**
 * `mcp_<source>_<tool>`: letters, digits and underscores, at most 40 characters; what is none of them becomes an underscore. A name
 * that is too long, or that another tool has more right to, ends in a digest of both parts, so that two never meet.
 */
export function toolName(source: string, tool: string, { sources, tools }: Neighbours): string {
  const plain = `mcp_${safe(source)}_${safe(tool)}`;
  if (plain.length <= longestName && isFree(source, sources) && isFree(tool, tools) && !isInside(source, sources)) return plain;
  const digest = sha256(`${source}\0${tool}`).slice(0, 8);
  return `${plain.slice(0, longestName - digest.length - 1).replace(/_+$/, '')}_${digest}`;
}

const safe = (text: string): string => text.replaceAll(/[^A-Za-z0-9_]+/g, '_');

/** Of `get-sum` and `get_sum`, the second is written so; of two that are not, neither. */
const isFree = (name: string, all: string[]): boolean =>
  safe(name) === name || !all.some((one) => one !== name && safe(one) === safe(name));

/** `a_b` with `c` and `a` with `b_c` would both be `mcp_a_b_c`: the longer one steps back. */
const isInside = (source: string, sources: string[]): boolean => sources.some((other) => safe(source).startsWith(`${safe(other)}_`));

/** Whether a tool of that source could have the name; known before anything of it has been listed. */
export const mayBeOf = (name: string, source: string): boolean => name.startsWith(`${`mcp_${safe(source)}`.slice(0, 31)}_`);
