/** Splits a text into the ids of its word pieces, [CLS] first and [SEP] last. */
export type Tokenizer = (text: string) => number[];

interface TokenizerFile {
  model: { vocab: Record<string, number>; max_input_chars_per_word: number };
}

/** Where all-MiniLM-L6-v2 stops reading (its model card: 256 word pieces). */
const longest = 256;
/** Many times what `longest` pieces need, so that a megabyte costs no more than a page. */
const longestText = 8_000;

/** BERT's uncased WordPiece (Devlin et al. 2018), from a Hugging Face `tokenizer.json`. */
export function createTokenizer({ model }: TokenizerFile): Tokenizer {
  const vocabulary = new Map(Object.entries(model.vocab));
  const unknown = vocabulary.get('[UNK]')!;
  return (text) => {
    const pieces = [vocabulary.get('[CLS]')!];
    for (const word of basicWords(text.slice(0, longestText))) {
      pieces.push(...(word.length > model.max_input_chars_per_word ? [unknown] : piecesOf(word, vocabulary, unknown)));
      if (pieces.length >= longest) break;
    }
    return [...pieces.slice(0, longest - 1), vocabulary.get('[SEP]')!];
  };
}

/** Lower case, no accents, punctuation and Chinese characters each a word of their own. */
function basicWords(text: string): string[] {
  const plain = text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\uFFFD]/gu, (sign) => (/[\t\n\r]/.test(sign) ? ' ' : ''))
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{Mn}+/gu, '');
  return (
    plain.match(
      /[\p{P}$+<=>^`|~]|[\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF]|[^\s\p{P}$+<=>^`|~\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF]+/gu,
    ) ?? []
  );
}

/** The longest piece that the vocabulary has, then the longest of what is left; one unknown piece makes the word unknown. */
function piecesOf(word: string, vocabulary: Map<string, number>, unknown: number): number[] {
  const signs = Array.from(word);
  const pieces: number[] = [];
  for (let start = 0; start < signs.length;) {
    let end = signs.length;
    let id: number | undefined;
    for (; end > start && id === undefined; end -= 1) id = vocabulary.get((start > 0 ? '##' : '') + signs.slice(start, end).join(''));
    if (id === undefined) return [unknown];
    pieces.push(id);
    start = end + 1;
  }
  return pieces;
}
