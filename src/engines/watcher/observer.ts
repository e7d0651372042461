import type { FSWatcher } from 'chokidar';
import type { Log } from '../../core/log.ts';
import { contentHash, isSame, lookAt, type FileLook } from './look-at-file.ts';
import type { WatchJournal } from './journal.ts';
import { isIgnored, mismatch } from './matching.ts';
import { createSettling } from './settling.ts';
import type { ReadyRule, Sightings } from './sightings.ts';

export interface ObserverParts {
  rule: ReadyRule;
  journal: WatchJournal;
  sightings: Sightings;
  log: Log;
  /** Claw's own folders: never looked at. */
  own: string[];
}

/** Watches one rule's folder. chokidar only says where to look; what is there, and what was there before, decides. */
export interface Observer {
  close(): Promise<void>;
}

/** A rename is a file that goes and one that comes: whether it is one is known when the second has settled. */
const graceOf = ({ settleMs }: ReadyRule): number => 2 * settleMs + 500;
/** How often a deletion waits for files that are still coming. */
const mostPatience = 60;

export async function observe(parts: ObserverParts): Promise<Observer> {
  const { watch } = await import('chokidar');
  const { rule, journal, sightings, log, own } = parts;
  const lastLook = new Map<string, FileLook>();
  const arriving = new Set<string>();
  const patience = new Map<string, number>();
  let files = 0;

  const settling = createSettling({
    look: (path) =>
      inspect(path).catch((error: unknown) => {
        log.error('watcher_look_failed', { rule: rule.name, path, error });
        return rule.settleMs;
      }),
  });

  async function inspect(path: string): Promise<number | undefined> {
    const file = await lookAt(path);
    if (!file) return inspectAbsent(path);
    const previous = lastLook.get(path);
    lastLook.set(path, file);
    if (!previous || !isSame(previous, file)) return rule.settleMs;
    const sha256 = await contentHash(path);
    const after = await lookAt(path);
    if (sha256 === undefined || !after || !isSame(after, file)) return rule.settleMs;
    await sightings.present(rule, { ...file, sha256 });
    forget(path);
    return undefined;
  }

  function inspectAbsent(path: string): number | undefined {
    lastLook.delete(path);
    arriving.delete(path);
    if (!journal.seen(rule.name, path)) return undefined;
    const waited = patience.get(path) ?? 0;
    patience.set(path, waited + 1);
    if (waited === 0) return graceOf(rule);
    if (arriving.size > 0 && waited < mostPatience) return rule.settleMs;
    sightings.gone(rule, path);
    patience.delete(path);
    return undefined;
  }

  function forget(path: string): void {
    lastLook.delete(path);
    arriving.delete(path);
    patience.delete(path);
  }

  function saw(path: string): void {
    if (mismatch(rule, path, own) !== undefined) return;
    void lookAt(path).then((file) => {
      const known = journal.seen(rule.name, path);
      if (!file || (known && isSame(known, file))) return;
      lastLook.set(path, file);
      arriving.add(path);
      settling.saw(path, rule.settleMs);
    });
  }

  /** What went while nobody looked. */
  function lookForGone(): void {
    for (const path of journal.paths(rule.name)) void lookAt(path).then((file) => file ?? settling.saw(path, 0));
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
    close: async () => {
      settling.close();
      await watcher.close();
    },
  };
}
