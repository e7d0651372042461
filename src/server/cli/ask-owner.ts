import { createInterface } from 'node:readline/promises';
import type { Session, SessionCall } from '../session.ts';
import { printable, type Terminal } from './terminal.ts';

interface Desk {
  session: Session;
  terminal: Terminal;
  call: SessionCall;
}

/** Shows the whole question and carries the answer: yes, for this run, always; anything else is no. */
export async function askOwner(approvalId: string, { session, terminal, call }: Desk): Promise<boolean> {
  const { summary = '', output } = await session.call('approval_show', { id: approvalId }, call);
  terminal.note(printable(summary));
  const ofRun = (output as { runId?: string }).runId !== undefined;
  const word = (await askPerson(`Run exactly this? [y]es, ${ofRun ? 'for this [r]un, ' : ''}[a]lways, [N]o `)).trim().toLowerCase();
  const scope = ofRun && /^r(un)?$/.test(word) ? 'run' : /^a(lways)?$/.test(word) ? 'always' : 'once';
  const isYes = scope !== 'once' || /^y(es)?$/.test(word);
  await session.call('approval_answer', { id: approvalId, ...(isYes ? { answer: 'approve', scope } : { answer: 'deny' }) }, call);
  return isYes;
}

export async function askPerson(prompt: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(prompt);
  } finally {
    lines.close();
  }
}
