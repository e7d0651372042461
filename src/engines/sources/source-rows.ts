import type { Clock } from '../../core/clock.ts';
import type { Db } from '../../core/database.ts';
import { canonicalJson } from '../../core/json.ts';
import { definitionText, type Definition } from './definition.ts';

/** What is kept of one server beside its settings. */
export interface SourceRow {
  name: string;
  approvedSpec: string | null;
  seenSpec: string | null;
  seenAt: number | null;
  /** What the server calls itself. */
  about: string | null;
  /** The question that was asked last, of which state, and how it ended. */
  askedHash: string | null;
  askedRun: string | null;
  answer: string | null;
}

export interface ToolRow {
  source: string;
  tool: string;
  name: string;
  seen: Definition | undefined;
  approved: Definition | undefined;
  isApproved: boolean;
}

/** What was seen of servers and what was approved: the same for every process of this data folder. */
export interface SourceRows {
  source(name: string): SourceRow | undefined;
  tool(name: string): ToolRow | undefined;
  toolsOf(source: string): ToolRow[];
  /** Higher with every change of what may be called, by whichever process. */
  revision(): number;
  /** What a server has listed now, in place of what it had before. `named`: each tool's name here. */
  see(
    source: string,
    found: { spec: string; about: string; definitions: Definition[]; named: (tool: string, tools: string[]) => string },
  ): void;
  approveSpec(source: string, spec: string): void;
  /** Those tools are pinned to what was seen of them. */
  approve(source: string, tools: string[]): void;
  /** Those tools are not approved any more; without a list nothing of it is. */
  revoke(source: string, tools?: string[]): void;
  /** Gives each tool the name that it has by that rule. */
  rename(nameOf: (source: string, tool: string, tools: string[]) => string): void;
  /** The facts that lists are made of; null where a tool may not be called. */
  publish(name: string, facts: string | null): void;
  asked(source: string, hash: string, run: string): void;
  /** A run that waits for the answer to another run's question. False where that has been answered meanwhile. */
  waitFor(askedRun: string, waiter: { run: string; approval: string }): boolean;
  /** Ends the question and gives those who wait for its answer. */
  answered(askedRun: string, answer: string): { run: string; approval: string }[];
  /** Forgets every source that is not among those. */
  keepOnly(names: string[]): void;
}

interface RawTool {
  source: string;
  tool: string;
  name: string;
  seen: string | null;
  approved: string | null;
}

export function createSourceRows({ db, clock }: { db: Db; clock: Clock }): SourceRows {
  const changed = (): void => void db.prepare('UPDATE source_revision SET number = number + 1').run();
  const known = (name: string): void => void db.prepare('INSERT OR IGNORE INTO sources (name) VALUES (?)').run(name);
  const set = (name: string, values: Partial<SourceRow>): void =>
    db.transaction(() => {
      known(name);
      const fields = Object.keys(values);
      db.prepare(`UPDATE sources SET ${fields.map((field) => `${field} = @${field}`).join(', ')} WHERE name = @name`).run({
        name,
        ...values,
      });
    });
  const toolsOf = (source: string): ToolRow[] =>
    (db.prepare('SELECT * FROM source_tools WHERE source = ? ORDER BY tool').all(source) as RawTool[]).map(toolRow);

  return {
    source: (name) => db.prepare('SELECT * FROM sources WHERE name = ?').get(name) as SourceRow | undefined,
    tool: (name) => {
      const row = db.prepare('SELECT * FROM source_tools WHERE name = ?').get(name) as RawTool | undefined;
      return row && toolRow(row);
    },
    toolsOf,
    revision: () => (db.prepare('SELECT number FROM source_revision').get() as { number: number }).number,
    see: (source, { spec, about, definitions, named }) =>
      db.transaction(() => {
        const isKnown = (db.prepare('SELECT seenSpec FROM sources WHERE name = ?').get(source) as SourceRow | undefined)?.seenSpec === spec;
        set(source, { seenSpec: spec, about, seenAt: clock.now() });
        const names = definitions.map((one) => one.name);
        const before = toolsOf(source).flatMap(({ seen, tool }) => (seen ? [[tool, definitionText(seen)]] : []));
        const now = definitions.map((one) => [one.name, definitionText(one)]);
        if (isKnown && canonicalJson(before) === canonicalJson(now.toSorted(byName))) return;
        changed();
        db.prepare('UPDATE source_tools SET seen = NULL WHERE source = ?').run(source);
        const insert = db.prepare(
          `INSERT INTO source_tools (source, tool, name, seen) VALUES (@source, @tool, @name, @seen)
           ON CONFLICT (source, tool) DO UPDATE SET seen = excluded.seen ON CONFLICT (name) DO NOTHING`,
        );
        for (const one of definitions) insert.run({ source, tool: one.name, name: named(one.name, names), seen: definitionText(one) });
        db.prepare('UPDATE source_tools SET facts = NULL WHERE source = ? AND seen IS NOT approved').run(source);
        db.prepare('DELETE FROM source_tools WHERE source = ? AND seen IS NULL AND approved IS NULL').run(source);
      }),
    approveSpec: (source, approvedSpec) =>
      db.transaction(() => {
        changed();
        set(source, { approvedSpec });
      }),
    approve: (source, tools) =>
      db.transaction(() => {
        changed();
        for (const tool of tools) db.prepare('UPDATE source_tools SET approved = seen WHERE source = ? AND tool = ?').run(source, tool);
      }),
    revoke: (source, tools) =>
      db.transaction(() => {
        changed();
        set(source, tools === undefined ? { approvedSpec: null, answer: null, askedHash: null } : { answer: null, askedHash: null });
        for (const tool of tools ?? toolsOf(source).map((row) => row.tool))
          db.prepare('UPDATE source_tools SET approved = NULL, facts = NULL WHERE source = ? AND tool = ?').run(source, tool);
      }),
    rename: (nameOf) =>
      db.transaction(() => {
        const rows = db.prepare('SELECT source, tool, name FROM source_tools').all() as { source: string; tool: string; name: string }[];
        const bySource = Map.groupBy(rows, ({ source }) => source);
        const due = rows.map((row) => ({
          ...row,
          to: nameOf(
            row.source,
            row.tool,
            bySource.get(row.source)!.map(({ tool }) => tool),
          ),
        }));
        const moved = due.filter(({ name, to }) => to !== name);
        const give = db.prepare('UPDATE OR IGNORE source_tools SET name = ? WHERE source = ? AND tool = ?');
        // By way of names that nobody has: two may swap theirs.
        for (const { source, tool } of moved) give.run(`${source}/${tool}`, source, tool);
        for (const { source, tool, to } of moved) give.run(to, source, tool);
      }),
    publish: (name, facts) =>
      void db.prepare('UPDATE source_tools SET facts = ? WHERE name = ? AND facts IS NOT ?').run(facts, name, facts),
    asked: (source, askedHash, askedRun) => set(source, { askedHash, askedRun, answer: null }),
    waitFor: (askedRun, { run, approval }) =>
      db.transaction(() => {
        if (!db.prepare('SELECT 1 FROM sources WHERE askedRun = ? AND answer IS NULL').get(askedRun)) return false;
        db.prepare('INSERT OR IGNORE INTO source_waiters VALUES (?, ?, ?)').run(askedRun, run, approval);
        return true;
      }),
    answered: (askedRun, answer) =>
      db.transaction(() => {
        db.prepare('UPDATE sources SET answer = ? WHERE askedRun = ?').run(answer, askedRun);
        return db.prepare('DELETE FROM source_waiters WHERE askedRun = ? RETURNING run, approval').all(askedRun) as {
          run: string;
          approval: string;
        }[];
      }),
    keepOnly: (names) =>
      db.transaction(() => {
        const rows = db.prepare('SELECT name FROM sources').all() as { name: string }[];
        const strangers = rows.filter(({ name }) => !names.includes(name));
        for (const { name } of strangers) db.prepare('DELETE FROM sources WHERE name = ?').run(name);
        if (strangers.length > 0) changed();
      }),
  };
}

/** As SQLite orders text. */
const byName = ([a = '']: string[], [b = '']: string[]): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

const toolRow = ({ source, tool, name, seen, approved }: RawTool): ToolRow => ({
  source,
  tool,
  name,
  seen: definitionIn(seen),
  approved: definitionIn(approved),
  isApproved: seen !== null && seen === approved,
});

const definitionIn = (text: string | null): Definition | undefined => (text === null ? undefined : (JSON.parse(text) as Definition));
