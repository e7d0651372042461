import type { Schema } from '../../core/database.ts';

export const vaultSchema: Schema = {
  part: 'vault',
  migrations: [
    `CREATE TABLE vault_seen (
       one INTEGER PRIMARY KEY CHECK (one = 1), vault TEXT NOT NULL, generation INTEGER NOT NULL, seal TEXT NOT NULL,
       recipient TEXT NOT NULL, hasSettings INTEGER NOT NULL) STRICT;`,
  ],
};
