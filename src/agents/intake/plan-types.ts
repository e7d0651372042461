import type { Change } from '../../core/tool.ts';

/** Who a task is for: `planner` looks around, `executor` changes things, `verifier` checks. */
export type Role = 'planner' | 'executor' | 'verifier';

export interface Task {
  id: string;
  role: Role;
  tool: string;
  input: Record<string, unknown>;
  dependsOn: string[];
}

/** Something the planner must not guess. */
export interface Missing {
  task: string;
  /** The input that needs a value, or `tool` where no tool is sure enough. */
  field: string;
  question: string;
}

/** The same object whoever writes it, with a model or without. */
export interface Plan {
  /** SHA-256 of the tasks: what was shown is what runs. */
  hash: string;
  tasks: Task[];
  changes: Change[];
  /** 0 to 1: of the least certain task. */
  confidence: number;
  missing: Missing[];
  /** Said on the way and taken as no part of the request. */
  setAside?: string[];
  /** What the owner has said before about it, shown beside the question; no part of what is carried out. */
  context?: Context;
}

export interface Context {
  /** Lines of Markdown, best first. */
  text: string;
  items: { id: string; source: string }[];
}
