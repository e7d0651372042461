/** Text that a person wants kept or looked for, taken out of the words that ask for it. */

const reference =
  /\b(?:the|those|these|all(?: the)?|its?)?\s*(?:results?|outputs?|answers?|findings?|responses?|contents?|statuses|status|report|summary|page|numbers|values|lists?|lines?|text)\b|\b(?:it|this|that|them|these|those|both|everything)\b/i;

export const asks =
  /^(?:(?:oh|ah|wait|no|yes|yeah|well|actually|hmm?|sorry)[,!.]*\s+|(?:hi|hello|hey|ok(?:ay)?|so|good (?:morning|evening))(?: claw| there)?[,!.]?\s+|please\s+(?:to\s+)?|(?:would|do) you mind\s+|can you\s+|could you\s+|would you\s+|hey\s+|ok(?:ay)?\s+|claw[,:]?\s+)+/i;
const keepVerb =
  /^(?:(?:make|take|add|create|leave)\s+(?:a\s+|me\s+a\s+)?(?:short\s+|quick\s+)?(?:note|memo|memory|reminder)|remember|memori[sz]e|note(?:\s+down)?|keep\s+in\s+mind|don'?t\s+forget|do\s+not\s+forget|write\s+(?:it\s+|this\s+)?down|jot\s+down|save|store|record|add|put|keep|learn|know)\b\s*/i;
const keepTail =
  /\s+(?:for\s+(?:later|me|future\s+reference|next\s+time)|(?:in|into|to)\s+(?:your\s+|the\s+|my\s+)?(?:memory|memories|notes?)|as\s+an?\s+(?:note|fact|preference|memory))\s*[.!]?$/i;

/** What to keep: a text, or a reference to what earlier tasks found, or nothing that can be told. */
export type Content = { text: string } | { refersBack: true; all: boolean } | undefined;

export function contentOf(part: string, quoted: string[]): Content {
  const text = part.trim().replace(asks, '');
  if (quoted.length > 0) return { text: quoted.toSorted((a, b) => b.length - a.length)[0]! };
  const labelled =
    /:\s+([^]+)$/.exec(text)?.[1] ??
    /\b(?:saying|containing|that says|with (?:the )?(?:text|contents?|line|words?))\s+([^]+)$/i.exec(text)?.[1];
  if (labelled !== undefined) return { text: labelled.trim() };
  // Only what was introduced as something to keep is content; any other sentence is a wish.
  if (!keepVerb.test(text)) return undefined;
  const body = text
    .replace(keepVerb, '')
    .replace(keepTail, '')
    .replace(/^(?:of\s+|to\s+memory\s+)?(?:this\s*:\s*)?/i, '')
    .trim();
  if (/^(?:where|what|how)\s+(?:you|it|that)\b/i.test(body)) return { refersBack: true, all: false };
  const clause = /^(?:the\s+fact\s+)?(?:that|how|where|who|why)\s+([^]+)$/i.exec(body);
  if (clause && clause[1]!.split(/\s+/).length >= 2)
    return { text: (/^(?:the fact )?that\s/i.test(body) ? clause[1]! : body).trim().replace(/[.]$/, '') };
  const back = reference.exec(body);
  if (back && body.replace(back[0], '').trim().split(/\s+/).filter(Boolean).length <= 4 && body.split(/\s+/).length <= 7)
    return { refersBack: true, all: /\b(?:results|outputs|both|all|them|these|everything|answers)\b/i.test(body) };
  return body.split(/\s+/).length >= 2 || /\w{4,}/.test(body) ? { text: body.replace(/[.]$/, '') } : undefined;
}

/** The text without the words that stand for earlier results. */
export const withoutReferences = (text: string): string => text.replace(new RegExp(reference.source, 'gi'), ' ');

export const refersBack = (part: string): boolean => reference.test(part);

/** What is looked for inside files. */
export function needleOf(part: string, { quoted, paths }: { quoted: string[]; paths: string[] }): string | undefined {
  const given = quoted.filter((text) => !paths.includes(text));
  // One text is looked for; which of several is a question.
  if (given.length > 1 || /\bor\b/i.test(part.replace(/"[^"]*"|\b(?:upper|lower)[- ]?(?:case)? or (?:upper|lower)[- ]?case\b/gi, '')))
    return undefined;
  if (given[0] !== undefined) return given[0];
  const word =
    /\b(?:mention(?:s|ing)?|contain(?:s|ing)?|match(?:es|ing)?|grep(?:\s+for)?|with|for|say(?:s|ing)?|ha(?:s|ve|ving)|includ(?:es?|ing))\s+(?:the\s+)?(?:(?:word|text|string|phrase|term)\s+)?([\w.@:-]{2,})/gi;
  return [...part.matchAll(word)]
    .map((match) => match[1]!)
    .find((text) => !paths.some((path) => path.includes(text)) && !notSought.test(text));
}

const notSought = /^(?:the|a|an|any|all|it|in|of|files?|lines?|words?|text|every|each|more|this|that|me|been|to)$/i;

/** "replace A with B", where both are quoted or single words: anything else would be a guess. */
export function replacementOf(part: string): { find: string; replace: string } | undefined {
  const value = /"([^"]*)"|'([^']*)'|`([^`]*)`|([^\s"'`,]+)/.source;
  const pair = new RegExp(
    `\\b(?:replac(?:e|ing)|chang(?:e|ing)|swap|substitute|correct)\\s+(?:every\\s+|all\\s+)?(?:${value})\\s+(?:with|by|to|for|into)\\s+(?:${value})`,
    'i',
  ).exec(part);
  if (!pair) return undefined;
  const [find, replace] = [pair.slice(1, 5), pair.slice(5, 9)].map((groups) => groups.find((group) => group !== undefined) ?? '');
  return /^(?:the|it|that|them|a|an|my)$/i.test(find!) ? undefined : { find: find!, replace: replace!.replace(/[.!?]$/, '') };
}

const lead =
  /^(?:(?:please|can you|could you|do you|what|which|who|whom|where|when|how|did|have|has|is|are|was|were|i|you|we|me|my|the|a|an|any|all|tell|told|show|find|search|look|looking|up|recall|remember|know|knew|say|said|mention|mentioned|notes?|memor(?:y|ies)|facts?|about|for|of|on|in|regarding|concerning|from|that|entries|audit|log|logs|through|anything|everything|something|stored|again|was|should|need|want|to|your)\b[\s,]*)+/i;

/** What a search is about: the words that are left when the asking is taken away. */
export function topicOf(part: string, quoted: string[]): string | undefined {
  if (quoted.length > 0) return quoted[0];
  const text = part
    .trim()
    .replace(asks, '')
    .replace(/[?.!]+$/, '');
  const about = /\b(?:about|regarding|concerning|mention(?:s|ing)?|on the subject of|containing|related to)\s+([^]+)$/i.exec(text)?.[1];
  if (about === undefined && !lead.test(text)) return undefined;
  const rest = (about ?? text.replace(lead, ''))
    .replace(/^(?:the|my|our|a|an)\s+/i, '')
    .replace(/\s+(?:again|please|in (?:your|my|the) (?:memory|memories|notes?|audit(?: log)?))$/i, '')
    .trim();
  return rest === '' ? undefined : rest;
}
