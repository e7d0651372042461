import type { FSWatcher } from 'chokidar';
import type { Log } from '../../core/log.ts';
import { contentHash, isGone, isSame, lookAt, type FileLook } from './look-at-file.ts';
import type { WatchJournal } from './journal.ts';
import { isIgnored, mismatch } from './matching.ts';
import { createPresence } from './presence.ts';
import { createSettling } from './settling.ts';
import type { ReadyRule, Sightings } from './sightings.ts';

export interface ObserverParts {
  rule: ReadyRule;
  journal: WatchJournal;
  sightings: Sightings;
  log: Log;
  /** Claw's own folders: never looked at. */
  own: string[];
  /** Everything is stopped: what happens meanwhile waits. */
  isStopped: () => boolean;
}

/** Watches one rule's folder. chokidar only says where to look; what is there, and what was there before, decides. */
export interface Observer {
  /** Whether a folder has gone and is there again: what happened meanwhile nobody tells, so all is to be looked at anew. */
  hasReturned(): Promise<boolean>;
  close(): Promise<void>;
}

/** A rename is a file that goes and one that comes: whether it is one is known when the second has settled. */
const graceOf = ({ settleMs }: ReadyRule): number => 2 * settleMs + 500;
/** How soon a file is looked at again that could not be looked at. */
const troubleMs = 10_000;
/** How soon after a stop was released work goes on. */
const stoppedMs = 1_000;
/** How often a deletion waits for files that are still coming. */
const mostPatience = 60;

export async function observe(parts: ObserverParts): Promise<Observer> {
  const { watch } = await import('chokidar');
  const { rule, journal, sightings, log, own, isStopped } = parts;
  const lastLook = new Map<string, { file: FileLook; at: number }>();
  const arriving = new Set<string>();
  const patience = new Map<string, number>();
  const presence = await createPresence(rule.path);
  let files = 0;
  let isClosed = false;

  const settling = createSettling({
    look: (path) =>
      inspect(path).catch((error: unknown) => {
        log.error('watcher_look_failed', { rule: rule.name, path, error });
        return Math.max(rule.settleMs, troubleMs);
      }),
  });

  async function inspect(path: string): Promise<number | undefined> {
    const file = await lookAt(path);
    if (!file) return inspectAbsent(path);
    if (isKnown(file)) return forget(path);
    const waitMs = stillChanging(file);
    if (waitMs > 0) return waitMs;
    if (isStopped()) return stoppedMs;
    const sha256 = await contentHash(path);
    const after = await lookAt(path);
    if (sha256 === undefined) return Math.max(rule.settleMs, troubleMs);
    if (!after || !isSame(after, file)) return rule.settleMs;
    await sightings.present(rule, { ...file, sha256 });
    return forget(path);
  }

  async function inspectAbsent(path: string): Promise<number | undefined> {
    lastLook.delete(path);
    arriving.delete(path);
    const seen = journal.seen(rule.name, path);
    if (!seen || !(await isGone(seen, rule.path))) return undefined;
    const waited = patience.get(path) ?? 0;
    patience.set(path, waited + 1);
    if (waited === 0) return graceOf(rule);
    if (isStopped()) return stoppedMs;
    if (arriving.size > 0 && waited < mostPatience) return rule.settleMs;
    await sightings.gone(rule, path);
    patience.delete(path);
    return undefined;
  }

  const isKnown = (file: FileLook): boolean => {
    const known = journal.seen(rule.name, file.path);
    return known !== undefined && isSame(known, file);
  };

  /** How long it must still be seen unchanged, in ms. */
  function stillChanging(file: FileLook): number {
    const previous = lastLook.get(file.path);
    if (previous && isSame(previous.file, file)) return rule.settleMs - (performance.now() - previous.at);
    lastLook.set(file.path, { file, at: performance.now() });
    return rule.settleMs;
  }

  function forget(path: string): undefined {
    lastLook.delete(path);
    arriving.delete(path);
    patience.delete(path);
  }

  function saw(path: string): void {
    if (mismatch(rule, path, own) !== undefined) return;
    const begin = (file: FileLook | undefined): void => {
      // A look that was begun before may come back after the journal is closed.
      if (isClosed || !file || isKnown(file)) return;
      stillChanging(file);
      arriving.add(path);
      settling.saw(path, rule.settleMs);
    };
    lookAt(path).then(begin, () => settling.saw(path, troubleMs));
  }

  /** What went while nobody looked. */
  function lookForGone(): void {
    for (const path of journal.paths(rule.name)) {
      if (mismatch(rule, path, own) === undefined) settling.saw(path, 0);
      else journal.forget(rule.name, path);
    }
  }

  const watcher = watch(rule.path, {
    ignored: (path) => isIgnored(rule, path, own),
    followSymlinks: false,
    depth: rule.depth,
    atomic: false,
    ignorePermissionErrors: true,
    persistent: false,
    ...(rule.polling && { backend: 'polling', pollingInterval: rule.pollMs, pollingBinaryInterval: rule.pollMs }),
  });
  watcher.on('add', (path) => {
    files += 1;
    if (files <= rule.maxFiles) return saw(path);
    if (files === rule.maxFiles + 1) void giveUp(watcher);
  });
  watcher.on('change', saw);
  watcher.on('unlink', (path) => {
    files -= 1;
    settling.saw(path, 0);
  });
  watcher.on('unlinkDir', presence.wentAway);
  watcher.on('addDir', presence.isWatched);
  watcher.on('ready', lookForGone);
  watcher.on('error', (error) => {
    const what = error instanceof Error ? error.message : String(error);
    journal.setError(rule.name, what);
    log.error('watcher_failed', { rule: rule.name, error });
  });

  async function giveUp(given: FSWatcher): Promise<void> {
    const why = `there are more than ${rule.maxFiles} files below ${rule.path}; narrow the rule or raise maxFiles`;
    journal.setError(rule.name, why);
    log.error('watcher_too_many_files', { rule: rule.name, why });
    settling.close();
    await given.close();
  }

  return {
    hasReturned: presence.hasReturned,
    close: async () => {
      isClosed = true;
      settling.close();
      await watcher.close();
    },
  };
}
