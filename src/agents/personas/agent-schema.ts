import type { Schema } from '../../core/database.ts';

export const agentSchema: Schema = {
  part: 'agents',
  migrations: [
    `CREATE TABLE agents (
       name TEXT PRIMARY KEY, persona TEXT NOT NULL, goal TEXT NOT NULL, schedule TEXT, timezone TEXT NOT NULL, anchor INTEGER NOT NULL,
       folder TEXT, untrusted INTEGER NOT NULL, private INTEGER NOT NULL, tokens INTEGER, usd REAL, caller TEXT NOT NULL, parent TEXT,
       created_at INTEGER NOT NULL, state TEXT NOT NULL, because TEXT, run_id TEXT NOT NULL, turn INTEGER NOT NULL,
       failures INTEGER NOT NULL, spent_tokens INTEGER NOT NULL, spent_usd REAL NOT NULL) STRICT;
     CREATE TABLE agent_inbox (
       seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, agent TEXT NOT NULL, key TEXT NOT NULL, sender TEXT NOT NULL, text TEXT NOT NULL,
       untrusted INTEGER NOT NULL, private INTEGER NOT NULL, hops INTEGER NOT NULL, at INTEGER NOT NULL, read_by TEXT, UNIQUE (agent, key)) STRICT;
     CREATE INDEX agent_inbox_unread ON agent_inbox (agent, seq) WHERE read_by IS NULL;
     CREATE INDEX agent_inbox_read ON agent_inbox (read_by) WHERE read_by IS NOT NULL;
     CREATE TABLE agent_turns (
       seq INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, agent TEXT NOT NULL, turn INTEGER NOT NULL, because TEXT NOT NULL,
       due_at INTEGER, missed INTEGER NOT NULL, ended_at INTEGER NOT NULL, status TEXT NOT NULL, summary TEXT NOT NULL, answer TEXT NOT NULL,
       tokens INTEGER NOT NULL, untrusted INTEGER NOT NULL, private INTEGER NOT NULL) STRICT;
     CREATE INDEX agent_turns_agent ON agent_turns (agent, seq);
     CREATE TABLE agent_runs (
       run_id TEXT PRIMARY KEY, parent TEXT, agent TEXT NOT NULL, persona TEXT NOT NULL, depth INTEGER NOT NULL, hops INTEGER NOT NULL,
       tokens INTEGER, usd REAL) STRICT, WITHOUT ROWID;
     CREATE INDEX agent_runs_parent ON agent_runs (parent) WHERE parent IS NOT NULL;`,
  ],
};
