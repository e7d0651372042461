/** Quotes, addresses and paths: inside them no word is a conjunction and no dot ends a sentence. */
const whole =
  /(["`])(?:(?!\1)[^])*\1|(?<![\w])'(?:[^'\n]|(?<=\w)'(?=\w))*'(?!\w)|[“][^”]*[”]|https?:\/\/[^\s,;]+[^\s,;.!?]|\{[^{}]*\}|(?:~|\.{0,2})\/[^\s,;]*[^\s,;.!?:]|[\w*-]+(?:\.[\w*-]+)+/g;

const filler = '\u0001';

/** The same text, of the same length, with everything that must stay whole blanked out. */
export const blanked = (text: string): string => text.replace(whole, (found) => filler.repeat(found.length));
