import type { Schema } from '../../core/database.ts';

export const modelSchema: Schema = {
  part: 'models',
  migrations: [
    `CREATE TABLE model_calls (
       id TEXT PRIMARY KEY, at INTEGER NOT NULL, model TEXT NOT NULL, role TEXT NOT NULL, call TEXT, run TEXT, job TEXT, chat TEXT,
       outcome TEXT NOT NULL, tokens INTEGER NOT NULL, usd REAL NOT NULL) STRICT;
     CREATE INDEX model_calls_at ON model_calls (at);
     CREATE INDEX model_calls_call ON model_calls (call) WHERE call IS NOT NULL;
     CREATE INDEX model_calls_run ON model_calls (run) WHERE run IS NOT NULL;
     CREATE INDEX model_calls_job ON model_calls (job, at) WHERE job IS NOT NULL;
     CREATE INDEX model_calls_chat ON model_calls (chat, at) WHERE chat IS NOT NULL;`,
  ],
};
