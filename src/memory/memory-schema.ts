import type { Schema } from '../core/database.ts';

export const memorySchema: Schema = {
  part: 'memory',
  migrations: [
    `CREATE TABLE memories (
       row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, text TEXT NOT NULL, category TEXT NOT NULL, namespace TEXT NOT NULL,
       key TEXT, tags TEXT NOT NULL, source TEXT NOT NULL, tainted INTEGER NOT NULL, createdAt INTEGER NOT NULL,
       updatedAt INTEGER NOT NULL, accessedAt INTEGER, accessCount INTEGER NOT NULL DEFAULT 0, archivedAt INTEGER,
       writeKey TEXT) STRICT;
     CREATE UNIQUE INDEX memories_key ON memories (namespace, category, key) WHERE key IS NOT NULL AND archivedAt IS NULL;
     CREATE INDEX memories_write ON memories (writeKey);
     CREATE TABLE revisions (memory TEXT NOT NULL, text TEXT NOT NULL, source TEXT NOT NULL, replacedAt INTEGER NOT NULL) STRICT;
     CREATE VIRTUAL TABLE memory_text USING fts5 (text, tags, content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2');`,
    `ALTER TABLE revisions ADD COLUMN tainted INTEGER NOT NULL DEFAULT 0;
     UPDATE revisions SET tainted = coalesce((SELECT tainted FROM memories WHERE id = memory), 0);`,
    // wording: normal form of the text, for duplicates; claim: what a fact is about, for contradictions (both hashed);
    // edition: counts what the indexes are made of; model: which one the vector is from, 0 while there is none.
    `ALTER TABLE memories ADD COLUMN subject TEXT;
     ALTER TABLE memories ADD COLUMN thread TEXT;
     ALTER TABLE memories ADD COLUMN validFrom INTEGER;
     ALTER TABLE memories ADD COLUMN validUntil INTEGER;
     ALTER TABLE memories ADD COLUMN confidence REAL NOT NULL DEFAULT 1;
     ALTER TABLE memories ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE memories ADD COLUMN archivedBy TEXT;
     ALTER TABLE memories ADD COLUMN wording TEXT;
     ALTER TABLE memories ADD COLUMN claim TEXT;
     ALTER TABLE memories ADD COLUMN edition INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE memories ADD COLUMN model INTEGER NOT NULL DEFAULT 0;
     CREATE INDEX memories_wording ON memories (namespace, category, wording) WHERE archivedAt IS NULL;
     CREATE INDEX memories_incomplete ON memories (row) WHERE wording IS NULL;
     CREATE INDEX memories_claim ON memories (namespace, category, claim) WHERE claim IS NOT NULL AND archivedAt IS NULL;
     CREATE INDEX memories_thread ON memories (namespace, thread, row) WHERE thread IS NOT NULL AND archivedAt IS NULL;
     CREATE INDEX memories_batch ON memories (archivedBy) WHERE archivedBy IS NOT NULL;
     CREATE INDEX memories_model ON memories (model, row) WHERE archivedAt IS NULL;
     CREATE INDEX revisions_memory ON revisions (memory, replacedAt);
     CREATE TABLE speakers (word TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (word, namespace, name)) STRICT, WITHOUT ROWID;
     CREATE TABLE tombstones (namespace TEXT NOT NULL, wording TEXT NOT NULL, forgottenAt INTEGER NOT NULL, PRIMARY KEY (namespace, wording)) STRICT, WITHOUT ROWID;
     CREATE TABLE models (id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE) STRICT;
     CREATE TABLE vectors (seq INTEGER PRIMARY KEY AUTOINCREMENT, row INTEGER NOT NULL UNIQUE, model INTEGER NOT NULL, vector BLOB NOT NULL) STRICT;
     DROP TABLE memory_text;
     CREATE VIRTUAL TABLE memory_text USING fts5 (text, around, tags, dates, scope, content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2');`,
    // When each was last written or asked for, so that opening the file finds what is unused without looking at all.
    `CREATE INDEX memories_use ON memories (max(updatedAt, coalesce(accessedAt, 0))) WHERE archivedAt IS NULL AND pinned = 0;`,
    // gist: what says the same; topic: what says the same or the opposite (both hashed). derived: which memories one was made from.
    `ALTER TABLE memories ADD COLUMN gist TEXT;
     ALTER TABLE memories ADD COLUMN topic TEXT;
     CREATE INDEX memories_gist ON memories (namespace, category, gist) WHERE gist IS NOT NULL AND archivedAt IS NULL;
     CREATE INDEX memories_topic ON memories (namespace, category, topic) WHERE topic IS NOT NULL AND archivedAt IS NULL;
     CREATE TABLE derived (memory TEXT NOT NULL, origin TEXT NOT NULL, PRIMARY KEY (origin, memory)) STRICT, WITHOUT ROWID;
     CREATE INDEX derived_memory ON derived (memory);`,
    // read_turns: which turns of conversations were made facts of, as they were then. What has a summary was read by older versions.
    `CREATE TABLE read_turns (turn TEXT PRIMARY KEY, wording TEXT NOT NULL) STRICT, WITHOUT ROWID;
     CREATE TABLE unwanted_summaries (namespace TEXT NOT NULL, thread TEXT NOT NULL, PRIMARY KEY (namespace, thread)) STRICT, WITHOUT ROWID;
     CREATE INDEX memories_summary ON memories (namespace, key) WHERE category = 'conversation_summary';
     INSERT INTO read_turns SELECT id, wording FROM memories AS turn WHERE thread IS NOT NULL AND wording IS NOT NULL AND updatedAt < (
       SELECT updatedAt FROM memories WHERE namespace = turn.namespace AND category = 'conversation_summary'
         AND key = 'thread ' || turn.thread AND archivedAt IS NULL);`,
  ],
};
