import { codeIn } from '../../core/commands/code-words.ts';
import type { PlannedCall } from './definition.ts';
import { WorkflowFault } from './fault.ts';
import { asWritten, namesOf, type Template } from './template.ts';

/** Throws WorkflowFault where a value would become a part of a command's code: whoever gives the value would write the command. */
export function refuseCode({ tool, input, path }: PlannedCall): void {
  if (tool !== 'shell_run' || input.kind !== 'fields') return;
  const at = [...path, 'input'];
  for (const [field, value] of input.fields) {
    if (field === 'script' && namesOf(value).length > 0) throw spliced('a script', [...at, field]);
    if (field === 'command' && value.kind === 'list') refuseCodeWords(value.items, [...at, field]);
  }
}

function refuseCodeWords(words: Template[], at: PlannedCall['path']): void {
  const command = words.map((word) => String(asWritten(word)));
  for (const [index, word] of words.entries()) {
    const code = namesOf(word).length > 0 ? codeIn(command, index) : undefined;
    if (code !== undefined) throw spliced(code, [...at, index]);
  }
}

const spliced = (where: string, path: PlannedCall['path']): WorkflowFault =>
  new WorkflowFault(
    `a value is not put into ${where}; give it as an argument, shell: [program, "\${{ … }}"], or by input: {env: {NAME: "\${{ … }}"}} as "$NAME"`,
    path,
  );
