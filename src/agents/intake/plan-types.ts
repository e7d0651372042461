import type { Change } from '../../core/tool.ts';

/** Who a task is for: `planner` looks around, `executor` changes things, `verifier` checks. */
export type Role = 'planner' | 'executor' | 'verifier';

export interface Task {
  id: string;
  role: Role;
  tool: string;
  input: Record<string, unknown>;
  dependsOn: string[];
  /** Of an open task (`open_task`), which a model carries out in a bounded loop: what is to be achieved. */
  goal?: string;
  /** Which tools that loop may call. */
  tools?: string[];
  /** Looked at after the task; they can lower its status and never raise it. */
  checks?: Check[];
}

/** A call that only reads, and what is expected at a path of its output, such as `items.0.name`. */
export interface Check {
  tool: string;
  input: Record<string, unknown>;
  path: string;
  expect: 'exists' | 'equals' | 'contains';
  value?: string | number | boolean;
}

/** What stands in the place of a tool's name where a model is to find the way. */
export const openTool = 'open_task';

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
  /** Where a model is set: who wrote the plan, and why it is not the other. */
  madeBy?: MadeBy;
  /** Said on the way and taken as no part of the request. */
  setAside?: string[];
  /** What the owner has said before about it, shown beside the question; no part of what is carried out. */
  context?: Context;
}

export interface MadeBy {
  planner: 'rules' | 'model';
  /** `provider/ID`. */
  model?: string;
  reason?: string;
}

export interface Context {
  /** Lines of Markdown, best first. */
  text: string;
  items: { id: string; source: string }[];
}
