/** Traces of a stack, or of where on this machine claw and its data are. */
export function leaksIn(text: string, folders: string[]): string[] {
  const found = folders.filter((folder) => text.includes(folder));
  return /\n\s+at \S+|\(file:\/\/|node:internal|node_modules/.test(text) ? [...found, 'a stack trace'] : found;
}
