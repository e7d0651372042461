import type { Schema } from '../../core/database.ts';

export const approvalRuleSchema: Schema = {
  part: 'approval_rules',
  migrations: [
    `CREATE TABLE approval_rules (
       id TEXT PRIMARY KEY, approval TEXT NOT NULL, tool TEXT NOT NULL, input TEXT NOT NULL, pattern TEXT NOT NULL, caller TEXT NOT NULL,
       runId TEXT, untrusted INTEGER NOT NULL, private INTEGER NOT NULL, createdBy TEXT NOT NULL, createdAt INTEGER NOT NULL,
       expiresAt INTEGER, revokedAt INTEGER, uses INTEGER NOT NULL DEFAULT 0, lastUsedAt INTEGER) STRICT;
     CREATE INDEX approval_rules_tool ON approval_rules (tool) WHERE revokedAt IS NULL;`,
  ],
};
