import { sha256 } from '../../core/json.ts';

const longestName = 40;

/**
 * `mcp_<source>_<tool>`: letters, digits and underscores, at most 40 characters. A name that had to be changed for that, or that
 * another source could come to as well, ends in a digest of both, so two never meet and none depends on what else is listed.
 */
export function toolName(source: string, tool: string, sources: string[]): string {
  const plain = `mcp_${source}_${tool}`;
  const isPlain = /^[A-Za-z0-9_]+$/.test(plain) && plain.length <= longestName && !isAmbiguous(source, sources);
  if (isPlain) return plain;
  const digest = sha256(`${source}\0${tool}`).slice(0, 8);
  return `${safe(plain).slice(0, longestName - digest.length - 1)}_${digest}`;
}

const safe = (text: string): string => text.replaceAll(/[^A-Za-z0-9]+/g, '_').replace(/_$/, '');

/** `a_b` with `c` and `a` with `b_c` would both be `mcp_a_b_c`: the longer one steps back. */
const isAmbiguous = (source: string, sources: string[]): boolean => sources.some((other) => source.startsWith(`${other}_`));

/** Whether a tool of that source could have the name; known before anything of it has been listed. */
export const mayBeOf = (name: string, source: string): boolean => name.startsWith(safe(`mcp_${source}`).slice(0, 31) + '_');
