import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeWhole } from '../../core/atomic-write.ts';
import { isoTime, type Clock } from '../../core/clock.ts';
import type { Db } from '../../core/database.ts';
import { forReading } from '../../core/redaction/mark.ts';
import type { ToolCall } from '../../core/tool.ts';
import type { RunStatus } from '../../durable/backend.ts';
import type { Outbox } from '../../durable/outbox.ts';
import type { FiringInput, StepOutcome } from './firing-run.ts';
import type { FiringRows } from './firing-rows.ts';
import { firingStatusOf } from './firing-status.ts';
import type { JobRows } from './job-rows.ts';
import type { FiringStatus, Output } from './job.ts';

export interface FiringEnd extends Pick<FiringInput, 'firingId' | 'jobId' | 'folder'> {
  runId: string;
  status: RunStatus;
  outcomes: StepOutcome[];
}

/** How a firing's end gets on record, and where the word of it goes. */
export interface FiringEnds {
  /** The calls that may deliver it, without their texts. */
  calls(input: Pick<FiringInput, 'jobId'>): ToolCall[];
  /** Its status, the job's count of failures, what is sent, and `commit`: one transaction. */
  record(end: FiringEnd, commit: (status: FiringStatus) => void): Promise<FiringStatus>;
}

export interface FiringEndParts {
  db: Db;
  clock: Clock;
  jobs: JobRows;
  firings: FiringRows;
  outbox: Outbox;
  /** Where logs go. */
  folder: string;
  /** Told after a firing has ended. */
  onEnd: () => void;
}

export function createFiringEnds({ db, clock, jobs, firings, outbox, folder, onEnd }: FiringEndParts): FiringEnds {
  const outputOf = (jobId: string): Output | undefined => jobs.find(jobId)?.output;

  function pauseWhereDue(jobId: string, failures: number): string | undefined {
    const job = jobs.find(jobId);
    if (!job || job.paused || job.pauseAfter === 0 || failures < job.pauseAfter) return undefined;
    const because = `${failures} firings in a row have failed.`;
    jobs.pause(jobId, because);
    return `Job ${forReading(job.name)} (${jobId}) is paused: ${because} cron_history shows them, cron_resume lets it fire again.`;
  }

  function put(end: FiringEnd, kind: 'result' | 'notice', text: string): void {
    for (const { tool, input } of messagesTo(outputOf(end.jobId), text))
      outbox.put({
        key: `${end.firingId}/${kind}/${tool}`,
        scope: end.firingId,
        tool,
        input,
        run: end.runId,
        job: end.jobId,
        folder: end.folder,
      });
  }

  return {
    calls: ({ jobId }) => messagesTo(outputOf(jobId), ''),
    record: async (end, commit) => {
      const status = firingStatusOf(end.status);
      const text = textOf(end, { status, dueAt: firings.find(end.firingId)?.dueAt ?? clock.now(), endedAt: clock.now() });
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeWhole(path.join(folder, `${end.firingId}.log`), text, { mode: 0o600 });
      db.transaction(() => {
        const last = end.outcomes.at(-1);
        firings.close(end.firingId, { status, note: status === 'ok' ? undefined : last?.summary.slice(0, 500) });
        const notice = pauseWhereDue(end.jobId, jobs.ended(end.jobId, status === 'ok'));
        if (status !== 'ok' || outputOf(end.jobId)?.when === 'always') put(end, 'result', text);
        if (notice !== undefined) put(end, 'notice', notice);
        commit(status);
      });
      onEnd();
      return status;
    },
  };
}

/** Tools that do not exist yet are found missing when the message is delivered. */
function messagesTo(output: Output | undefined, text: string): (ToolCall & { input: Record<string, unknown> })[] {
  if (!output) return [];
  const { file, channel, profile } = output;
  return [
    ...(file === undefined ? [] : [{ tool: 'file_write', input: { path: file, text, mode: 'line' } }]),
    ...(channel === undefined ? [] : [{ tool: 'message_send', input: { channel, text } }]),
    ...(profile === undefined ? [] : [{ tool: 'message_notify', input: { profile, text } }]),
  ];
}

const mostOfAStep = 20_000;

function textOf(end: FiringEnd, { status, dueAt, endedAt }: { status: FiringStatus; dueAt: number; endedAt: number }): string {
  const steps = end.outcomes.map(
    ({ id, tool, status: how, summary }) => `${id} ${tool} ${how}\n${forReading(summary).slice(0, mostOfAStep)}\n`,
  );
  return [`${end.firingId} of ${end.jobId}, due ${isoTime(dueAt)}, ended ${isoTime(endedAt)}: ${status}`, ...steps].join('\n');
}
