/** How people name a thing that has no path and no address: by its kind, or by a word that only a name looks like. */
export function nameIn(part: string, kinds: string[]): string | undefined {
  const kind = `(?:${kinds.join('|')})`;
  const shaped =
    /(?<![\w./~@$-])(?!\d+(?:st|nd|rd|th)?\b)(?=\w*[-_\d])[A-Za-z0-9]\w*(?:-\w+)*(?![\w/@]|\.\w)|(?<![\w./-])[A-Z][A-Z0-9]*_[A-Z0-9_]+(?![\w./-])/;
  const candidates = [
    new RegExp(`\\b${kind}s?\\s+(?:called\\s+|named\\s+|of\\s+)?(${shaped.source})`, 'i').exec(part)?.[1],
    new RegExp(`(${shaped.source})\\s+${kind}\\b`, 'i').exec(part)?.[1],
    new RegExp(`\\b${kind}\\s+(?:called\\s+|named\\s+)?(${plain})`, 'i').exec(part)?.[1],
    new RegExp(`\\b(${plain})\\s+${kind}\\b`, 'i').exec(part)?.[1],
    ...shapedWords(part, shaped),
  ];
  return candidates.find((word) => word !== undefined && !notNames.has(word.toLowerCase()));
}

const plain = '[A-Za-z][\\w-]*';

/** The only word that looks like a name; of two, none. */
function shapedWords(part: string, shaped: RegExp): string[] {
  const words = [...part.matchAll(new RegExp(shaped.source, 'g'))].map(([word]) => word).filter((word) => /[-_]/.test(word));
  return words.length === 1 ? words : [];
}

/** Ids that look like ours, with whatever prefix: r_41, job-7, m_17. */
export const idLike = /(?<![\w./@-])(?=[a-z]+[_-]?\w*\d)[a-z]{1,6}[_-][a-z0-9]+(?![\w/-]|\.\w)/gi;

const notNames = new Set(
  `the a an this that these those my our your its their every each all some any no new old saved built-in run runs start execute launch for of to on in at
   with and or now please text yaml from file files folder folders it them one ones is are was were has have be been not again off out up down into by rule
   rules watcher watchers watch workflow workflows job jobs secret secrets vault value values key keys which what that's there paused active first last next
   stored named called for when who needs need do does did will would should can could more details about called so if as also only just still currently
   e-mail re-key read-only up-to-date dry-run built-ins`.split(/\s+/),
);
