import { formsOf } from './secret-forms.ts';
import { createSecretSearch, type SecretSearch } from './secret-search.ts';
import { unescaped, type Span } from './escapes.ts';

/** What stands in a text in place of a secret. Not plain `[REDACTED]`, which people write in documents of their own. */
export const mark = '[REDACTED:claw]';

/** For a text that is only to be read, as a report: it may be written, sent and kept like any other. */
export const forReading = (text: string): string => text.replaceAll(mark, '(secret)');

let marks: SecretSearch | undefined;

function marksIn(text: string): Span[] {
  if (!marks) {
    marks = createSecretSearch();
    marks.add(formsOf(mark));
  }
  return marks.spans(text);
}

/** Whether a text is the copy of a redacted one, also encoded: whoever writes it somewhere destroys what the mark stands for. */
export function carriesMark(text: string): boolean {
  if (marksIn(text).length > 0) return true;
  const plain = unescaped(text);
  return plain !== undefined && marksIn(plain.text).length > 0;
}

/** The reason against writing such a text, and the way out. */
export const markReason = (what: string): string =>
  `${what} has ${mark} where a secret was taken out: the secret would be lost. Change the rest without it (file_edit), or name the secret as {"$secret":"name"}.`;
