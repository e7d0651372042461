/** What stands for what in a scenario's texts. */
export interface Places {
  /** The person's folder. */
  home: string;
  /** claw's own. */
  data: string;
  web: string;
  thief: string;
}

/** The same value with `<home>`, `<web>` and so on replaced in every text and key. */
export function filled<Value>(value: Value, places: Places): Value {
  const text = (from: string): string => from.replace(/<(home|data|web|thief)>/g, (_, name: keyof Places) => places[name]);
  const inside = (from: unknown): unknown => {
    if (typeof from === 'string') return text(from);
    if (Array.isArray(from)) return from.map(inside);
    if (from instanceof RegExp || typeof from !== 'object' || from === null) return from;
    return Object.fromEntries(Object.entries(from).map(([key, one]) => [text(key), inside(one)]));
  };
  return inside(value) as Value;
}
