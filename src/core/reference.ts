/** In place of a value: what an earlier task or step found, or several did: in short, or `whole`, as one would save it. */
export interface Reference {
  $from: string | string[];
  whole?: true;
}

export const isReference = (value: unknown): value is Reference =>
  typeof value === 'object' && value !== null && '$from' in value && Object.keys(value).every((key) => key === '$from' || key === 'whole');

/** The tasks or steps that an input refers to. */
export function referencesIn(input: Record<string, unknown>): string[] {
  return Object.values(input).flatMap((value) => (isReference(value) ? [value.$from].flat() : []));
}
