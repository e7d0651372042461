import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { ToolFacts } from '../../core/tool-facts.ts';
import type { Terminal } from './terminal.ts';

/** Asks a person at the terminal for something that is not shown while it is typed. */
export async function askHidden(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  const lines = createInterface({
    input: process.stdin,
    output: new Writable({ write: (_echo, _encoding, done) => done() }),
    terminal: true,
  });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}

/**
 * The secret fields that a command left out, once it has named what they belong to: from a hidden prompt on a terminal,
 * else from stdin, so that no value stands in the history of the shell or in the list of processes.
 */
export async function withSecretFields(
  { name: tool, secretFields }: ToolFacts,
  input: Record<string, unknown>,
  terminal: Terminal,
): Promise<Record<string, unknown>> {
  const field = secretFields.find((one) => input[one] === undefined);
  if (field === undefined || input.name === undefined) return input;
  if (terminal.isInteractive) {
    const typed = await askHidden(`${field} for ${tool} (empty leaves it as it is): `);
    return typed === '' ? input : { ...input, [field]: typed };
  }
  // With more than a name, only a rule may be meant, and stdin may never end.
  if (Object.keys(input).length > 1) return input;
  const value = readFileSync(0, 'utf8').replace(/\r?\n$/, '');
  return value === '' ? input : { ...input, [field]: value };
}
