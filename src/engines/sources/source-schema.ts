import type { Db, Schema } from '../../core/database.ts';
import { parsedJson } from '../../core/json.ts';
import type { ToolFacts } from '../../core/tool-facts.ts';

/**
 * `approvedSpec` is the fingerprint of the way to a server that its owner has approved, `asked…` the question that waits for
 * him. Of each tool: `seen` is its definition as last listed, `approved` as approved; `facts` is there while it may be called.
 */
export const sourceTables: Schema = {
  part: 'sources',
  migrations: [
    `CREATE TABLE sources (
       name TEXT PRIMARY KEY, approvedSpec TEXT, seenSpec TEXT, seenAt INTEGER, about TEXT,
       askedHash TEXT, askedRun TEXT, answer TEXT) STRICT;
     CREATE TABLE source_tools (
       source TEXT NOT NULL REFERENCES sources ON DELETE CASCADE, tool TEXT NOT NULL, name TEXT NOT NULL UNIQUE,
       seen TEXT, approved TEXT, facts TEXT, PRIMARY KEY (source, tool)) STRICT;
     CREATE TABLE source_waiters (
       askedRun TEXT NOT NULL, run TEXT NOT NULL, approval TEXT NOT NULL, PRIMARY KEY (askedRun, run, approval)) STRICT;
     CREATE TABLE source_revision (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL) STRICT;
     INSERT INTO source_revision VALUES (1, 0);`,
  ],
};

/** Those that may be called, without loading what calls them. */
export const sourceFacts = (db: Db): ToolFacts[] =>
  (db.prepare('SELECT facts FROM source_tools WHERE facts IS NOT NULL ORDER BY name').all() as { facts: string }[]).map(
    ({ facts }) => parsedJson(facts) as ToolFacts,
  );
