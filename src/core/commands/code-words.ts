import path from 'node:path';

const readsCode = /^-{1,2}(\w*[ce]|eval|command|exec(dir)?|execute)(=|$)/;
/** Programs that hand their arguments to a shell or to an interpreter of their own. */
const passesToShell = new Set(['ssh', 'eval', 'su', 'watch', 'xargs', 'parallel', 'awk', 'gawk', 'sed', 'perl', 'script']);

/** What a word of a command is for the program that gets it, where a value put into it would be carried out: undefined where it is data. */
export function codeIn(command: readonly string[], index: number): string | undefined {
  if (index === 0) return 'the name of a program';
  const isCode = readsCode.test(command[index]!) || readsCode.test(command[index - 1]!);
  return isCode || passesToShell.has(path.basename(command[0]!)) ? 'code that a program reads' : undefined;
}
