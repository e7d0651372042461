/** Removes known secrets, by exact value, from everything that leaves. */
export interface Redactor {
  /** Values shorter than 4 characters are refused: removing them would shred ordinary text. */
  add(secret: string): void;
  text(text: string): string;
  /** The same value with every string, keys included, redacted. */
  value<T>(value: T): T;
}

const mark = '[REDACTED]';
const shortest = 4;

export function createRedactor(): Redactor {
  const secrets = new Set<string>();
  const text = (input: string): string => {
    let clean = input;
    for (const secret of secrets) if (clean.includes(secret)) clean = clean.replaceAll(secret, mark);
    return clean;
  };
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [text(key), walk(inner)]));
  };
  return {
    add: (secret) => {
      if (secret.length < shortest) throw new RangeError(`a secret has at least ${shortest} characters`);
      secrets.add(secret);
    },
    text,
    value: (value) => (secrets.size === 0 ? value : (walk(value) as typeof value)),
  };
}
