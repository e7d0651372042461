/** A door that handlers wait at until the test opens it. */
export function gate(): { open(): void; wait(): Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { open: resolve, wait: async () => promise };
}

/** Looks until it is so. A test's own deadline ends what never comes true. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 2));
}
