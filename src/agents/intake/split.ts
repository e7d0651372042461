import { wordsOf } from '../routing/features.ts';
import type { Spelling } from '../routing/spelling.ts';
import { blanked } from './protect.ts';

/** One wish out of a request, in the person's words. */
export interface Part {
  text: string;
  /** Stood behind a plain "and" or comma: it may belong to the part before. */
  isLoose: boolean;
  /** "then", "after that": not before the part before it is done. */
  isAfter: boolean;
}

const strong =
  /\s*(?:;|\n|(?<=[.!?])\s+(?=\S))\s*(?:(?:and\s+)?(?:then|after\s+that|afterwards|finally|lastly|next)\b[,:]?\s+)?|[,.;]?\s+(?:and\s+then|then|after\s+that|afterwards|and\s+after\s+that|and\s+finally|finally)\b[,:]?\s+/gi;
const loose = /\s*,\s*(?:and\s+|also\s+|but\s+)?|\s+(?:and\s+also|and|plus|as\s+well\s+as)\s+/gi;
const after = /then|after|finally|lastly|next/i;
/** What follows is what the person wants kept, commas and all. */
const opensContent =
  /\b(?:remember|note|memori[sz]e|forget|mind|write down|jot down|record|know)\b[^:]{0,12}\b(?:that|my|the|our)\b|\b(?:saying|containing|with the (?:text|content|line|words?))\b|:\s/i;
/** … and ends with the quote. */
const closesContent = /["”`']\s*(?:(?:to|in|into|at|as)\s+\S+)?\s*$/;
/** Nobody wants it kept that something is shown to them. */
const asksBack = /^(?:tell|show|give)\s+me\b|^let\s+me\s+know\b/i;
/** "note for later: first this, then that": all of the sentence is to be kept. */
const keepsSentence = /(?:^|[.!?]\s)(?:note|remember|memo|memori[sz]e|write down|jot down)\b[^:.!?]{0,20}:[^.!?\n]*$/i;
const questionWord = /^(?:what|what's|whats|which|who|where|when|how|is|are|do|does|did|has|have|can|could|tell|please)$/;

/**
 * Splits a request into wishes. Loose joints ("and", a comma) part it only where a new wish begins: a verb that the tools'
 * own examples begin with, and something after it. No text is lost, and nothing inside quotes is touched.
 */
export function splitRequest(request: string, { verbs, spelling }: Speech): Part[] {
  return conditionsWhole(cut(request.replace(measured, 'check $1 and remember the result'), strong)).flatMap((piece) => {
    const pieces = cut(piece.text, loose);
    const parts: Part[] = [];
    let open = '';
    for (const { text: typed, joint } of pieces) {
      const text = rightVerb(typed, { verbs, spelling });
      const begins =
        (startsWish(text, verbs) || condition.test(text) || (runs.test(open) && bareCommand.test(text))) &&
        !(opensContent.test(open) && !closesContent.test(open) && !(/,\s*and/.test(joint) && asksBack.test(text))) &&
        !condition.test(open) &&
        !(watches.test(open) && isPurpose.test(text));
      if (open === '' || !begins) open += joint + text;
      else {
        parts.push({ text: open, isLoose: parts.length > 0, isAfter: false });
        open = runs.test(open) && bareCommand.test(text) ? `run ${text}` : text;
      }
    }
    if (open.trim() !== '') parts.push({ text: open, isLoose: parts.length > 0, isAfter: false });
    return parts.map((part, index) => ({ ...part, text: part.text.trim(), isAfter: index === 0 && after.test(piece.joint) }));
  });
}

/** "remember the disk usage" wants the figure kept, not the words. */
const measured =
  /^\s*(?:remember|record|log|note(?: down)?|keep)\s+((?:the\s+|my\s+)?(?:current\s+)?(?:disk|memory|ram|cpu|machine|system)(?:\s+and\s+(?:disk|memory|ram|cpu))?\s+(?:usage|use|load|state|status|space))(?=[.!\s]*$)/i;

/** The verbs that begin a wish, and how words are spelled: a slip in the verb must not hide it. */
export interface Speech {
  verbs: Set<string>;
  spelling: Spelling;
}

/** The first word, where it is a verb once a slip is put right. What follows may be somebody's words and stays as it is. */
function rightVerb(text: string, { verbs, spelling }: Speech): string {
  const corrected = spelling.corrected(text, 1);
  return verbs.has(wordsOf(corrected)[0] ?? '') ? corrected : text;
}

/** "It's in /srv/data" says where the thing before is. */
const location = /^(?:it|they|that|those)(?:['’]?s|['’]?re|\s+is|\s+are|\s+lives?)?\s+(?:in|at|under|on|here)\b/i;

const condition = /^\s*(?:if|unless|when(?!\s+(?:is|are|was|were|do|does|did|will|has|have|can|should)\b)|whenever|once|in case)\b/i;

/** "watch A for new files and copy them to B" is one wish, and what comes after that another. */
const watches = /^\s*watch\s(?:(?!\band\b|,).)+$/i;
const isPurpose = /^\s*(?:copy|move)\s+(?:them|it|those|these|each)\b/i;

/** "run df -h and free -m" is two commands. */
const runs = /^\s*(?:run|execute|exec)\b/i;
const bareCommand = /^[a-z][\w.-]*\s+-/;

/** "if it is full, then …": what depends on a condition stays with it, and so does the place of a thing. */
function conditionsWhole(pieces: Piece[]): Piece[] {
  const whole: Piece[] = [];
  for (const piece of pieces) {
    const before = whole.at(-1);
    const staysOn = before && condition.test(before.text.split(/[.!?]\s/).at(-1)!) && after.test(piece.joint);
    const isKept = before && keepsSentence.test(before.text) && !/[.!?\n;]/.test(before.text.slice(-1) + piece.joint);
    if (before && (staysOn || isKept || location.test(piece.text.trim()))) before.text += piece.joint + piece.text;
    else whole.push({ ...piece });
  }
  return whole;
}

/** The verbs that requests begin with, taken from the registry itself. */
export function verbsOf(examples: string[]): Set<string> {
  const first = examples.map((example) => wordsOf(example).find((word) => !/^(please|can|could|you|i|me|a|the|my)$/.test(word)) ?? '');
  return new Set([...first.filter((word) => /^[a-z]{2,}$/.test(word)), ...commonVerbs]);
}

const commonVerbs =
  `tell show give get check list run save store remember note write read send find search copy move rename delete stop undo open fetch restart reboot install
   upgrade pull push create make add put set change replace edit append download upload post ask answer approve deny forget recall remind pause resume suspend
   start cancel kill schedule trigger fire watch monitor unwatch verify validate sign seal export import restore recover revert rotate renew release lift tidy
   clean archive purge erase wipe drop count compare print display summarise summarize call query ping see look let keep bring take turn switch enable disable
   execute launch remove draft do have whats`.split(/\s+/);

function startsWish(text: string, verbs: Set<string>): boolean {
  const [first = '', ...rest] = wordsOf(blanked(text).replaceAll('\u0001', 'x'));
  return rest.length > 0 && (verbs.has(first) || questionWord.test(first));
}

interface Piece {
  text: string;
  /** What stood before it. */
  joint: string;
}

function cut(text: string, pattern: RegExp): Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  let joint = '';
  for (const match of blanked(text).matchAll(pattern)) {
    const piece = text.slice(start, match.index);
    start = match.index + match[0].length;
    if (piece.trim() === '') continue;
    pieces.push({ text: piece, joint });
    joint = text.slice(match.index, start);
  }
  const last = text.slice(start);
  if (last.trim() !== '') pieces.push({ text: last, joint });
  return pieces;
}

/** "show me the jobs, the watchers and the workflows": the verb belongs to each. Undefined where it is no such list. */
export function itemsOf(text: string): string[] | undefined {
  const [, verb = '', rest = ''] = /^((?:show|list|give|tell|get|check|display|print)(?:\s+(?:me|us))?)\s+(.+?)[.!?]*$/i.exec(text) ?? [];
  const items = rest.split(loose);
  const areShort = items.every((item) => item.trim() !== '' && item.split(/\s+/).length <= 5);
  return items.length > 1 && areShort && blanked(rest) === rest ? items.map((item) => `${verb} ${item.trim()}`) : undefined;
}
