import { ToolError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Clock } from '../../core/clock.ts';
import type { Db } from '../../core/database.ts';
import type { Log } from '../../core/log.ts';
import type { DurableBackend } from '../../durable/backend.ts';
import type { ActionStep } from './action.ts';
import { lookAt, type FileLook } from './look-at-file.ts';
import type { SeenFile, WatchJournal } from './journal.ts';
import type { OwnWrites } from './own-writes.ts';
import type { WatcherRule } from '../../core/watcher-rule.ts';
import type { Occurrence } from './template.ts';

export const watcherKind = 'watcher';
export const watcherQueue = 'watcher';

/** What a run of a rule starts with; editing the rule changes later runs only. */
export interface Firing {
  rule: string;
  file: Occurrence;
  steps: ActionStep[];
}

export interface ReadyRule extends WatcherRule {
  actions: ActionStep[];
}

export interface SightingParts {
  db: Db;
  clock: Clock;
  log: Log;
  journal: WatchJournal;
  ownWrites: OwnWrites;
  backend: Pick<DurableBackend, 'start'>;
  /** Resolves when every secret is known: a file may be called after one, and no call stands before what is kept of it. */
  known: () => Promise<void>;
}

/** Decides what a sighting means for a rule, and puts the decision, the run and what was seen on record in one transaction. */
export interface Sightings {
  /** The file stands still and has this content. */
  present(rule: ReadyRule, file: FileLook & { sha256: string }): Promise<void>;
  /** It has been away for long enough. */
  gone(rule: ReadyRule, path: string): Promise<void>;
}

export function createSightings({ db, clock, log, journal, ownWrites, backend, known }: SightingParts): Sightings {
  const present: Sightings['present'] = async (rule, file) => {
    await known();
    const from = await formerPath(rule, file);
    db.transaction(() => {
      const before = stillThere(journal.seen(rule.name, file.path));
      const state = journal.state(rule.name);
      if (!state || state.pausedAt !== undefined) return;
      const occurrence = occurrenceOf(rule, file, { before, from });
      journal.remember(rule.name, { ...file, seenAt: clock.now() });
      if (from !== undefined) journal.forget(rule.name, from);
      if (before?.sha256 === file.sha256) return;
      if (before === undefined && from === undefined && !rule.existing && file.ctimeMs < state.since) return;
      if (!rule.ownWrites && ownWrites.wrote(file)) return;
      fire(rule, occurrence);
    });
  };

  /** What claw has taken away since is no former state of what came after it. */
  const stillThere = (seen: SeenFile | undefined): SeenFile | undefined =>
    seen && ownWrites.removed(seen.path, seen.seenAt) ? undefined : seen;

  /** Where a moved file was: only for rules that ask for it. */
  async function formerPath(rule: ReadyRule, file: FileLook & { sha256: string }): Promise<string | undefined> {
    if (!rule.events.includes('moved') || journal.seen(rule.name, file.path)) return undefined;
    for (const { path } of journal.alike(rule.name, file)) if ((await lookAt(path)) === undefined) return path;
    return undefined;
  }

  const gone: Sightings['gone'] = async (rule, path) => {
    await known();
    db.transaction(() => {
      const before = journal.seen(rule.name, path);
      const state = journal.state(rule.name);
      if (!before || !state || state.pausedAt !== undefined) return;
      journal.forget(rule.name, path);
      if (!rule.ownWrites && ownWrites.removed(path, before.seenAt)) return;
      const { size, sha256 } = before;
      fire(rule, { event: 'deleted', path, root: rule.path, size, sha256 });
    });
  };

  function fire(rule: ReadyRule, file: Occurrence): void {
    if (!rule.events.includes(file.event)) return;
    const id = newId('run');
    const input: Firing = { rule: rule.name, file, steps: rule.actions };
    // On record when this returns; a refusal must undo what was written above.
    const started = backend.start({ id, kind: watcherKind, queue: watcherQueue, input, caller: 'watcher' });
    started.catch((error: unknown) => log.error('watcher_not_started', { rule: rule.name, error }));
    if (!db.prepare('SELECT 1 FROM runs WHERE id = ?').get(id))
      throw new ToolError('conflict', 'The run of a rule was not recorded.', { hint: 'It is tried again with the next look.' });
    const burst = journal.fired(rule.name, { path: file.path, runId: id });
    if (burst <= rule.maxPerMinute) return;
    const why = `it fired ${burst} times within a minute on ${file.path}`;
    journal.pause(rule.name, why);
    log.error('watcher_paused', { rule: rule.name, why });
  }

  return { present, gone };
}

function occurrenceOf(
  rule: ReadyRule,
  { path, size, sha256 }: FileLook & { sha256: string },
  { before, from }: { before: SeenFile | undefined; from: string | undefined },
): Occurrence {
  const event = from !== undefined ? 'moved' : before === undefined ? 'created' : 'modified';
  return { event, path, root: rule.path, size, sha256, ...(from !== undefined && { from }) };
}
