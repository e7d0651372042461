import type { Category } from './memory-types.ts';

/** Something lasting that someone says of themselves or decides, as a sentence that stands alone. */
export interface Statement {
  text: string;
  category: Category;
}

interface Form {
  pattern: RegExp;
  category: Category;
  /** The sentence in the third person, from the speaker and the groups of the pattern. */
  told: (speaker: string, ...parts: string[]) => string;
}

const anyone = 'The user';
const rest = String.raw`(\S[^.!?;]{1,160})`;
/** With "am", "live" and the like as people write them down of someone else. */
const thirdPerson: Record<string, string> = { live: 'lives', work: 'works', moved: 'moved', joined: 'joined', use: 'uses', own: 'owns' };
const liking: Record<string, string> = { like: 'likes', love: 'loves', hate: 'hates', prefer: 'prefers', dislike: 'dislikes' };

const forms: Form[] = [
  {
    pattern: new RegExp(String.raw`^(?:please\s+)?(?:remember|note|keep in mind)\s+(?:that\s+)?${rest}$`, 'iu'),
    category: 'fact',
    // Whoever has a name is not the owner for sure: what they want to be believed is told as theirs.
    told: (speaker, what) => `${speaker === anyone ? '' : `According to ${speaker}, `}${ofSpeaker(what, speaker)}`,
  },
  {
    pattern: new RegExp(String.raw`^(?:ok(?:ay)?,?\s+|so,?\s+)?(?:we|i)(?:['’]ve| have)?\s+decided\s+(?:to|that|on)\s+${rest}$`, 'iu'),
    category: 'project_context',
    told: (speaker, what) => `Decided (${speaker}): ${ofSpeaker(what, speaker)}`,
  },
  {
    pattern: new RegExp(String.raw`^my\s+(fav\S+\s[^.!?;]{2,40}?)\s+(is|are)\s+${rest}$`, 'iu'),
    category: 'preference',
    told: (speaker, thing, verb, value) => `${speaker}'s ${thing} ${verb} ${value}`,
  },
  {
    pattern: new RegExp(String.raw`^my\s+([\p{L}' -]{2,40}?)\s+(is|are|lives?|works?)\s+${rest}$`, 'iu'),
    category: 'fact',
    told: (speaker, thing, verb, value) => `${speaker}'s ${thing} ${verb} ${value}`,
  },
  {
    pattern: new RegExp(String.raw`^i\s+(?:really\s+)?(like|love|hate|prefer|dislike)\s+${rest}$`, 'iu'),
    category: 'preference',
    told: (speaker, verb, what) => `${speaker} ${liking[verb.toLowerCase()]!} ${ofSpeaker(what, speaker)}`,
  },
  {
    pattern: new RegExp(String.raw`^i\s+(?:just\s+|now\s+)?(live|work|moved|joined|use|own)\s+${rest}$`, 'iu'),
    category: 'fact',
    told: (speaker, verb, what) => `${speaker} ${thirdPerson[verb.toLowerCase()]!} ${ofSpeaker(what, speaker)}`,
  },
  {
    pattern: /^i(?:['’]m|\s+am)\s+((?:allergic|married|born|an?)\s\S[^.!?;]{1,160}|vegetarian|vegan|married)$/iu,
    category: 'fact',
    told: (speaker, what) => `${speaker} is ${ofSpeaker(what, speaker)}`,
  },
];

/** What of a turn is worth keeping on its own. Questions, guesses and talk about the moment are not. */
export function statementsIn(text: string, speaker = anyone): Statement[] {
  const sentences = text.split(/(?<=[.!?;])\s+|\n+/).map((sentence) => sentence.trim());
  return sentences.flatMap((sentence): Statement[] => {
    const bare = sentence.replace(/[.!;]+$/, '').replace(/^(?:well|also|and|by the way|btw|fyi)[,:]?\s+/i, '');
    if (bare.endsWith('?') || /\b(?:maybe|perhaps|might|if|would|today|tonight|right now|this week)\b/i.test(bare)) return [];
    for (const { pattern, category, told } of forms) {
      const parts = pattern.exec(bare)?.slice(1);
      if (parts) return [{ text: told(speaker, ...parts), category }];
    }
    return [];
  });
}

/** "my" and "I" inside what someone says. */
const ofSpeaker = (what: string, speaker: string): string =>
  what
    .replace(/\bmy\b/gi, `${speaker}'s`)
    .replace(/\bI(?:['’]m| am)\b/g, `${speaker} is`)
    .replace(/\bI\b/g, speaker);
