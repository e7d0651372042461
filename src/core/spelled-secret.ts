import { secretName } from './secret.ts';

/** What is kept in the vault, and doing so. */
const vaultNoun = /\b(?:secrets?(?! of\b)|vault|credentials?)\b/i;
const keeping =
  /\b(?:set|store|stash|save|add|put|keep|create|make|change|replace|rotate|renew|update|move|enter|insert|remember|register|use|give|is|be|becomes?)\b/i;
/** After these comes a value, or a word that says something else. */
const before = /(?:\b(?:to|with|is|as|be|becomes?|being|value|having|using)|[=:])$/i;
const other = new Set(
  `a add an and another any as at be by called change check create credential credentials delete do due each every expire fresh
  from for generation having host hosts how i if in inside into is it its key kept like limit list me my named never new no not now
  of on once only or our overdue own password put renew replace rotate rotated rotation safe same save secret secrets see set show
  so store some that the their them there this to today token tomorrow tool tools under update use used value vault warn was what
  when where which who with your`.split(/\s+/),
);
const reference = /\{\s*"\$secret"[^}]*\}/g;
const quoted = /"([^"]*)"|'([^']*)'|`([^`]*)`|“([^”]*)”/g;

/**
 * Whether a request to keep a secret has the value in it, which would then stand in its record. A name may stand in
 * it, and hosts, tools, times and files; a value is what is quoted or follows `to`, `with`, `is`, `:` and is none of them, or
 * looks like nothing but a secret.
 */
export function spellsSecret(request: string): boolean {
  if (!vaultNoun.test(request) || !keeping.test(request)) return false;
  const text = request.replaceAll(reference, 'it');
  return inCommand(text) || quotedValue(text) || plainValue(text.replaceAll(quoted, '""'));
}

/** As on the command line: vault set NAME VALUE. */
function inCommand(request: string): boolean {
  const [, name, value] = /\bvault[ _](?:set|rotate)\s+(\S+)\s+(\S+)/i.exec(request) ?? [];
  return name !== undefined && value !== undefined && !value.startsWith('--') && !isOther(value) && !isKnownKind(value);
}

function quotedValue(request: string): boolean {
  const found = [...request.matchAll(quoted)].map((match) => ({ text: match.slice(1).find((one) => one !== undefined)!, at: match.index }));
  return found.some(({ text, at }, index) => {
    const lead = request.slice(0, at).trimEnd();
    if (text.length < 4 || isKnownKind(text)) return false;
    if (!secretName.safeParse(text).success) return !/\s/.test(text) || before.test(lead);
    // The only one may be its name, as in: store a token as "grafana", add the host nas.lan to "grafana".
    const isName = index === 0 && (/\bas$/i.test(lead) || /^(?:add|limit|give)\b[^]*\bto$/i.test(lead));
    return before.test(lead) && !isName;
  });
}

function plainValue(request: string): boolean {
  const words = request.split(/\s+/).filter(Boolean);
  return words.some((word, index) => {
    const text = word.replace(/^[("]+|[)".,;!?]+$/g, '');
    if (text.length < 4 || isKnownKind(text)) return false;
    const [last = '', earlier = ''] = [words[index - 1], words[index - 2]];
    // The name of a secret stands right behind the word for it.
    const isName = /^(?:secrets?|credentials?|called|named|vault)$/i.test(plain(last)) && secretName.safeParse(text).success;
    const [, inside = ''] = /^[\w-]+[=:](\S{4,})$/.exec(text) ?? [];
    if (inside !== '' && !isKnownKind(text)) return true;
    if (isName && !before.test(earlier)) return false;
    const isGiven = before.test(last) || (/^(?:password|passphrase|pin|token|key)$/i.test(last) && before.test(earlier));
    return looksSecret(text) || (isGiven && !isOther(text) && !/^(?:as|be)$/i.test(last));
  });
}

/** A word in capitals stands for something. */
const isOther = (word: string): boolean => other.has(plain(word)) && !/^[A-Z]{2,}$/.test(word);

const plain = (word: string): string => word.toLowerCase().replaceAll(/[^\w-]/g, '');

/** Letters and digits mixed, capitals within, or signs that no word has. */
const looksSecret = (word: string): boolean =>
  word.length >= 6 && (/[a-z].*\d|\d.*[a-z]/i.test(word) || /[a-z][A-Z]/.test(word) || /[^\w.,:;/'"()-]/.test(word));

/** Hosts, addresses, files, tools, dates, times, ids and references are no secrets by their looks. */
const isKnownKind = (word: string): boolean =>
  /^\$?\{.*\}?$/.test(word) ||
  /^(?:https?:\/\/|[~./]?[\w.-]*\/)[\w./~-]*$/.test(word) ||
  /^(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?::\d{1,5})?$/i.test(word) ||
  /^\d[\d.:/T-]*Z?$/.test(word) ||
  /^\d+(?:days?|[hdwms])$/i.test(word) ||
  /^[a-z]+_[a-z]+$/.test(word) ||
  /^(?:run|apr|job|mem|call)_\w+$/.test(word);
