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
  ],
};
