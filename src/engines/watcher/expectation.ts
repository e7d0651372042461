import { fileEvents, type FileEvent } from '../../core/watcher-rule.ts';
import { contentHash, lookAt } from './look-at-file.ts';
import type { WatchJournal } from './journal.ts';
import { mismatch } from './matching.ts';
import type { OwnWrites } from './own-writes.ts';
import type { ReadyRule } from './sightings.ts';

export interface Expectation {
  rule: string;
  /** The events on which it would fire. */
  events: FileEvent[];
  why: string;
}

interface Question {
  path: string;
  event: FileEvent | undefined;
  journal: WatchJournal;
  ownWrites: OwnWrites;
  own: string[];
}

/** What a rule would do about a path, and why not more. The file need not exist. */
export async function expectation(rule: ReadyRule, question: Question): Promise<Expectation> {
  const reason = (await obstacle(rule, question)) ?? undefined;
  const events = reason === undefined ? asked(question.event).filter((event) => rule.events.includes(event)) : [];
  return { rule: rule.name, events, why: reason ?? `it is below ${rule.path}, matches ${rule.glob}, and is not ignored` };
}

const asked = (event: FileEvent | undefined): readonly FileEvent[] => (event === undefined ? fileEvents : [event]);

async function obstacle(rule: ReadyRule, { path, event, journal, ownWrites, own }: Question): Promise<string | undefined> {
  const foreign = mismatch(rule, path, own);
  if (foreign !== undefined) return foreign;
  if (event !== undefined && !rule.events.includes(event)) return `it fires on ${rule.events.join(', ')} only`;
  const state = journal.state(rule.name);
  if (state?.pausedAt !== undefined) return `it is paused (${state.pausedWhy})`;
  const file = await lookAt(path).catch(() => undefined);
  const sha256 = file && (await contentHash(path));
  if (!file || sha256 === undefined) return undefined;
  if (journal.seen(rule.name, path)?.sha256 === sha256) return 'this content was seen at this path already';
  return !rule.ownWrites && ownWrites.wrote({ ...file, sha256 }) ? "claw's own tools have written it" : undefined;
}
