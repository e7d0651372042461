/** What a model wrote as JSON, also within a code fence; `otherwise` where it is none. */
export function parsedOr<T>(text: string, otherwise: T): unknown {
  const fenced = /^\s*```(?:json)?\s*([\s\S]*?)```\s*$/.exec(text)?.[1];
  try {
    return JSON.parse(fenced ?? text);
  } catch {
    return otherwise;
  }
}
