import type { Schema } from '../../core/database.ts';

export const originSchema: Schema = {
  part: 'origins',
  migrations: [
    `CREATE TABLE tainted_paths (path TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
     CREATE TABLE tainted_contents (sha256 TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;`,
  ],
};
