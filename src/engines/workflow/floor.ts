import type { Caller } from '../../core/tool.ts';
import type { RunContext } from '../../durable/backend.ts';
import type { Outcomes } from './outcomes.ts';
import type { WorkflowParts } from './workflow-parts.ts';

/** Where steps run: what is known by now, and what they may use. */
export interface Floor {
  parts: WorkflowParts;
  run: RunContext;
  runId: string;
  caller: Caller;
  /** Who started it: whom people's answers are compared with. */
  starter: Caller;
  workflow: string;
  inputs: Record<string, unknown>;
  inputsAreUntrusted: boolean;
  outcomes: Outcomes;
}
