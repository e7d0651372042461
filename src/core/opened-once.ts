/** Something that is opened at the first need. */
export interface OpenedOnce<Value> {
  /** Opens it where nobody has; all who need it share one. After a failure the next need tries again. */
  open(): Promise<Value>;
  /** For those who run only behind `open`. Throws where it is not open. */
  opened(): Value;
  /** Undefined where it is not open. */
  found(): Value | undefined;
  /** For those who close it: what has been begun, open or not yet. Undefined where nobody has asked. */
  begun(): Promise<Value> | undefined;
}

export function openedOnce<Value>(make: () => Promise<Value>): OpenedOnce<Value> {
  let opening: Promise<Value> | undefined;
  let value: Value | undefined;
  const begin = async (): Promise<Value> => {
    try {
      return (value = await make());
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };
  return {
    open: () => (opening ??= begin()),
    opened: () => {
      if (value === undefined) throw new Error('used before it was opened');
      return value;
    },
    found: () => value,
    begun: () => opening,
  };
}
