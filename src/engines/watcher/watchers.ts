import { ToolError } from '../../core/errors.ts';
import { stampOf } from '../../core/yaml-file.ts';
import type { Db } from '../../core/database.ts';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { FileEvent, WatcherRule, WrittenRule } from '../../core/watcher-rule.ts';
import type { DurableBackend } from '../../durable/backend.ts';
import type { RuleChecks } from './check-rule.ts';
import type { Expectation } from './expectation.ts';
import type { FiringParts } from './firing-run.ts';
import type { RuleState, WatchJournal } from './journal.ts';
import type { Observer } from './observer.ts';
import type { OwnWrites } from './own-writes.ts';
import { addRule, broken, readRules, removeRule, withoutDefaults, writtenRule } from './rules-file.ts';
import { createSightings, watcherKind, watcherQueue, type ReadyRule } from './sightings.ts';

export interface WatcherView {
  rule: WatcherRule;
  state: RuleState | undefined;
}

/** Rules that make runs of what happens to files. It starts calls, and knows tools by name only. */
export interface Watchers {
  /** The rules as they are in the file now, and what is wrong with it. */
  list(): { rules: WatcherView[]; error?: string; watching: boolean };
  /** Throws `conflict` where the name is taken, and what is wrong with the rule, naming the field. */
  add(rule: WatcherRule): Promise<ReadyRule>;
  /** Everything that `add` checks, without adding. */
  check(rule: WatcherRule): Promise<ReadyRule>;
  /** Returns the rule as it was written. */
  remove(name: string): WrittenRule;
  /** False where it was so already. */
  pause(name: string): boolean;
  resume(name: string): boolean;
  /** Which rules would fire, and why the others would not. */
  test(path: string, event: FileEvent | undefined): Promise<Expectation[]>;
  warnings(): string[];
  close(): Promise<void>;
}

export interface WatcherParts extends Omit<FiringParts, 'ownWrites'>, RuleChecks {
  file: string;
  db: Db;
  clock: Clock;
  log: Log;
  journal: WatchJournal;
  ownWrites: OwnWrites;
  backend: DurableBackend;
  known: () => Promise<void>;
  own: string[];
  isStopped: () => boolean;
}

const lookEveryMs = 1_000;
/** Everything is looked through anew, for what the system may have forgotten to tell. */
const sweepEveryMs = 3_600_000;
const runsAtOnce = 4;

export function createWatchers(parts: WatcherParts): Watchers {
  const { file, db, clock, log, journal, ownWrites, backend, own, isStopped } = parts;
  const sightings = createSightings(parts);
  const observers = new Map<string, Observer>();
  let timer: NodeJS.Timeout | undefined;
  let seen = '';
  let loadedAt = 0;
  let inForce: ReadyRule[] = [];
  let fault: string | undefined;
  let work: Promise<void> = Promise.resolve();

  backend.queue(watcherQueue, { concurrency: runsAtOnce });
  // Most have no rules, so what only rules need is loaded with the first.
  backend.register(watcherKind, async (run) => (await import('./firing-run.ts')).firingHandler(parts)(run));
  backend.onLeadership((leads) => (leads ? begin() : end()));

  function begin(): void {
    ownWrites.prune();
    timer ??= setInterval(look, lookEveryMs).unref();
    refresh();
  }

  function end(): void {
    clearInterval(timer);
    timer = undefined;
    soon(async () => {
      seen = '';
      await closeAll();
    });
  }

  /** One after the other, whatever happens. */
  function soon(task: () => Promise<void>): void {
    work = work.then(task).catch((error: unknown) => log.error('watcher_trouble', { error }));
  }

  function look(): void {
    refresh();
    for (const [name, observer] of observers)
      void observer.hasReturned().then((isBack) => {
        if (isBack) soon(() => restart(name, observer));
      });
  }

  async function restart(name: string, former: Observer): Promise<void> {
    const rule = inForce.find((one) => one.name === name);
    if (timer === undefined || !rule || observers.get(name) !== former) return;
    await former.close();
    observers.delete(name);
    await start(rule);
    log.info('watched_folder_returned', { rule: name, path: rule.path });
  }

  /** Follows the file, and rules that were paused or resumed by anyone. */
  function refresh(): void {
    const found = stampOf(file);
    if (found === '' && seen === '') return;
    const stamp = `${found}|${journal.paused().join()}`;
    const isDue = observers.size > 0 && clock.now() - loadedAt > sweepEveryMs;
    if (stamp === seen && !isDue) return;
    seen = stamp;
    loadedAt = clock.now();
    soon(reload);
  }

  async function reload(): Promise<void> {
    if (timer === undefined) return;
    try {
      inForce = await readAll();
      fault = undefined;
      if (stampOf(file) !== '') journal.keepOnly(inForce.map(({ name }) => name));
    } catch (error) {
      fault = error instanceof Error ? error.message : String(error);
      log.error('watchers_broken', { file, error: fault, inForce: inForce.length });
    }
    await closeAll();
    for (const rule of inForce) await start(rule);
    log.info('watchers_loaded', { rules: inForce.length, watching: observers.size });
  }

  async function readAll(): Promise<ReadyRule[]> {
    const { rules, placeOf } = readRules(file);
    if (rules.length === 0) return [];
    const { readyRule } = await import('./check-rule.ts');
    const ready: ReadyRule[] = [];
    for (const [index, rule] of rules.entries()) {
      const placed = (field: string, error: ToolError): ToolError =>
        broken(placeOf(index, field), `rules.${index}.${field}: ${error.message} ${error.hint}`);
      ready.push(await readyRule(rule, parts, placed));
    }
    return ready;
  }

  const check = async (rule: WatcherRule): Promise<ReadyRule> => (await import('./check-rule.ts')).readyRule(rule, parts);

  async function start(rule: ReadyRule): Promise<void> {
    if (journal.adopt(rule).pausedAt !== undefined) return;
    const { observe } = await import('./observer.ts');
    observers.set(rule.name, await observe({ rule, journal, sightings, log, own, isStopped }));
  }

  async function closeAll(): Promise<void> {
    for (const observer of observers.values()) await observer.close();
    observers.clear();
  }

  const noRule = (name: string): ToolError =>
    new ToolError('not_found', `No watcher is called "${name.slice(0, 80)}".`, { hint: 'Call watcher_list to see the names.' });

  const mustFind = (name: string): { index: number; rule: WatcherRule } => {
    const { rules } = readRules(file);
    const index = rules.findIndex((rule) => rule.name === name);
    if (index === -1) throw noRule(name);
    return { index, rule: rules[index]! };
  };

  const setPaused = (name: string, isPaused: boolean): boolean =>
    db.transaction(() => {
      const { pausedAt } = journal.state(name) ?? journal.adopt(mustFind(name).rule);
      if ((pausedAt !== undefined) === isPaused) return false;
      if (isPaused) journal.pause(name, 'by hand');
      else journal.resume(name);
      return true;
    });

  return {
    list: () => {
      const read = quietly(() => readRules(file).rules);
      const error = read.error ?? fault;
      const rules = (read.value ?? inForce).map((rule) => ({ rule, state: journal.state(rule.name) }));
      return { rules, watching: timer !== undefined, ...(error !== undefined && { error }) };
    },
    check,
    add: async (rule) => {
      const ready = await check(rule);
      db.transaction(() => {
        if (readRules(file).rules.some(({ name }) => name === rule.name))
          throw new ToolError('conflict', `There is a watcher called ${rule.name} already.`, {
            hint: 'Choose another name, or watcher_remove it first.',
          });
        journal.adopt(ready);
        addRule(file, withoutDefaults(rule));
      });
      if (timer) refresh();
      return ready;
    },
    remove: (name) => {
      const removed = db.transaction(() => {
        const { index } = mustFind(name);
        const written = writtenRule(file, index);
        removeRule(file, index);
        return written;
      });
      if (timer) refresh();
      return removed;
    },
    pause: (name) => {
      mustFind(name);
      return setPaused(name, true);
    },
    resume: (name) => {
      mustFind(name);
      return setPaused(name, false);
    },
    test: async (path, event) => {
      const ready = await readAll();
      const { expectation } = await import('./expectation.ts');
      const real = await parts.resolve(path).catch(() => path);
      return Promise.all(ready.map((rule) => expectation(rule, { path: real, event, journal, ownWrites, own })));
    },
    warnings: () => warningsOf({ file, fault, journal }),
    close: async () => {
      clearInterval(timer);
      timer = undefined;
      await work;
      await closeAll();
    },
  };
}

function quietly<Value>(work: () => Value): { value?: Value; error?: string } {
  try {
    return { value: work() };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** For the status of claw. Where there is no file there is nothing to say. */
function warningsOf({ file, fault, journal }: { file: string; fault: string | undefined; journal: WatchJournal }): string[] {
  if (stampOf(file) === '') return [];
  const { value: rules = [], error = fault } = quietly(() => readRules(file).rules);
  const broken = error === undefined ? [] : [`watchers.yaml is broken, so its last good rules stay in force: ${error}`];
  const troubled = rules.flatMap(({ name }) => {
    const { pausedWhy, error: trouble } = journal.state(name) ?? {};
    if (trouble !== undefined) return [`Watcher ${name} does not watch: ${trouble}`];
    return pausedWhy === undefined || pausedWhy === 'by hand' ? [] : [`Watcher ${name} is paused: ${pausedWhy}`];
  });
  return [...broken, ...troubled];
}
