import { ToolError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Known } from './source-book.ts';
import type { SourceRows } from './source-rows.ts';
import { hashOf, waitingOf } from './source-view.ts';

/** Puts the question to the owner as a run that waits for an approval; see gate/source-questions.ts. */
export interface QuestionDesk {
  /** Resolves when the question waits, or could not be asked. */
  ask(runId: string, question: { name: string; hash: string }): Promise<void>;
  /** `answered`: a person has, and it is being carried out. */
  look(runId: string): Promise<{ state: 'waiting'; approvalId: string } | { state: 'answered' | 'over' }>;
  /** Resolves when what the answer means has been done. */
  carriedOut(runId: string): Promise<void>;
  /** Gives the answer to a run that waits for it as for one of its own. */
  tell(waiter: { run: string; approval: string }, answer: string): Promise<void>;
}

/** What is new or has changed waits for the owner: one question for each state of a server, whoever meets it. */
export interface OwnerQuestions {
  /**
   * Throws `approval_required` while the owner has not answered, `denied` where he said no to this very state. Returns after a
   * yes, for whoever is to look again.
   */
  mustAsk(known: Known, asked: { runId?: string | undefined }): Promise<void>;
  /** The question that waits, for those who show it. */
  waiting(known: Known): Promise<string | undefined>;
  answered(runId: string, answer: string): Promise<void>;
}

export function createOwnerQuestions({ rows, desk }: { rows: SourceRows; desk: QuestionDesk }): OwnerQuestions {
  const state = async ({ row }: Known, hash: string): Promise<Awaited<ReturnType<QuestionDesk['look']>> | undefined> =>
    row?.askedHash === hash && row.askedRun !== null ? desk.look(row.askedRun) : undefined;

  async function mustAsk(known: Known, { runId }: { runId?: string | undefined }): Promise<void> {
    const { name, settings, row, tools } = known;
    const hash = hashOf(settings, waitingOf(settings, row, tools));
    if (row?.askedHash === hash && row.answer === 'deny') throw refused(name);
    const found = await state(known, hash);
    if (found?.state === 'answered') return desk.carriedOut(row!.askedRun!);
    if (found?.state === 'waiting') return wait(name, { askedRun: row!.askedRun!, approvalId: found.approvalId, runId });
    const askedRun = newId('run');
    rows.asked(name, hash, askedRun);
    await desk.ask(askedRun, { name, hash });
    const asked = await desk.look(askedRun);
    if (asked.state === 'waiting') wait(name, { askedRun, approvalId: asked.approvalId, runId });
  }

  function wait(name: string, { askedRun, approvalId, runId }: { askedRun: string; approvalId: string; runId: string | undefined }): void {
    // Answered in this very moment: then there is nothing to wait for.
    if (runId !== undefined && !rows.waitFor(askedRun, { run: runId, approval: approvalId })) return;
    throw new ToolError('approval_required', `The MCP server ${name} is new, or has changed since it was approved.`, {
      hint: `The owner sees what it offers with: claw approval show ${approvalId} — and says yes with: claw approval answer ${approvalId} approve`,
      approvalId,
    });
  }

  return {
    mustAsk,
    waiting: async (known) => {
      const found = await state(known, hashOf(known.settings, waitingOf(known.settings, known.row, known.tools)));
      return found?.state === 'waiting' ? found.approvalId : undefined;
    },
    answered: async (runId, answer) => {
      await Promise.all(rows.answered(runId, answer).map((waiter) => desk.tell(waiter, answer)));
    },
  };
}

const refused = (name: string): ToolError =>
  new ToolError('denied', `The owner has said no to the MCP server ${name} as it is now.`, {
    hint: `Should that change: claw source show ${name}, then claw source approve.`,
  });
