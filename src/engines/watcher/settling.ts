/** Files that are changing, each looked at again until it has stood still. */
export interface Settling {
  /** Something was seen at this path, with this look on it; an earlier sighting is overtaken. */
  saw(path: string, waitMs: number): void;
  /** How many are waited for. */
  pending(): number;
  close(): void;
}

/**
 * `look` is called when the wait is over, at most `lanes` at a time; it returns how long to wait for the next look, or
 * undefined when it is done with the path.
 */
export function createSettling({ look, lanes = 4 }: { look: (path: string) => Promise<number | undefined>; lanes?: number }): Settling {
  const timers = new Map<string, NodeJS.Timeout>();
  const due = new Set<string>();
  const busy = new Set<string>();
  let isClosed = false;

  const saw: Settling['saw'] = (path, waitMs) => {
    if (isClosed) return;
    clearTimeout(timers.get(path));
    const ripe = (): void => {
      timers.delete(path);
      due.add(path);
      work();
    };
    timers.set(path, setTimeout(ripe, waitMs).unref());
  };
  const work = (): void => {
    for (const path of due) {
      if (busy.size >= lanes || isClosed) return;
      if (busy.has(path)) continue;
      due.delete(path);
      busy.add(path);
      void look(path).then((again) => {
        busy.delete(path);
        if (again !== undefined && !timers.has(path)) saw(path, again);
        work();
      });
    }
  };
  return {
    saw,
    pending: () => timers.size + due.size + busy.size,
    close: () => {
      isClosed = true;
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      due.clear();
    },
  };
}
