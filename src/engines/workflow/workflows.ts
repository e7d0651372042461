import { mkdir, rm } from 'node:fs/promises';
import { explained, writeWhole } from '../../core/atomic-write.ts';
import { ToolError } from '../../core/errors.ts';
import { canonicalJson, sha256 } from '../../core/json.ts';
import type { Caller, Taint } from '../../core/tool.ts';
import type { DurableBackend, RunRecord } from '../../durable/backend.ts';
import { inputsFor } from './inputs.ts';
import type { ForeseenStep, PlannedStep } from './plan.ts';
import type { ReadResult } from './read-workflow.ts';
import { createWorkflowFiles } from './workflow-files.ts';
import { workflowKind, type WorkflowParts, type WorkflowRunInput } from './workflow-parts.ts';

export interface StoredWorkflow extends ReadResult {
  name: string;
  text: string;
  isBuiltIn: boolean;
  plan: PlannedStep[];
}

export interface WorkflowStart {
  inputs: Record<string, unknown>;
  caller: Caller;
  taint: Taint;
  /** The hash that was shown: anything else is a `conflict`. */
  approved?: string | undefined;
  /** Another start with the same key is the same run. */
  key: string;
  /** The run whose step starts it. */
  parent?: string | undefined;
}

interface WorkflowBrief {
  name: string;
  isBuiltIn: boolean;
  description: string;
  steps: number;
  problem?: string;
}

/** Workflows as files, and runs of them. */
export interface Workflows {
  /** Sorted by name; a file that cannot be read says why. */
  list(): Promise<WorkflowBrief[]>;
  /** Throws `not_found`. */
  load(name: string): Promise<StoredWorkflow>;
  /** The text as it lies there, whether or not it can be read; undefined where there is none. */
  textOf(name: string): Promise<string | undefined>;
  /** Throws `invalid_input` with line and column. */
  validate(text: string, name: string): Promise<Omit<StoredWorkflow, 'isBuiltIn'>>;
  save(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Of text and inputs together: what an approval of a dry run covers. */
  planHash(workflow: Pick<StoredWorkflow, 'text' | 'workflow'>, inputs: Record<string, unknown>): string;
  /** Of a run that was started. */
  planHashOf(run: Pick<RunRecord, 'input'>): string;
  /** What it would do, without doing it. */
  foresee(workflow: StoredWorkflow, given: { inputs: Record<string, unknown>; caller: Caller }): Promise<ForeseenStep[]>;
  /** Throws `unavailable` where a step needs a tool that is not there, `conflict` where the plan is not the approved one. */
  start(name: string, start: WorkflowStart): Promise<RunRecord>;
  /** Until it has ended or waits for a person, at most so long. */
  wait(runId: string, options: { timeoutMs: number; signal: AbortSignal }): Promise<RunRecord>;
}

export interface WorkflowEngineParts {
  /** The owner's. */
  folder: string;
  /** Those that come with claw; one of the owner's with the same name stands before it. */
  builtIn: string;
  backend: DurableBackend;
  parts: WorkflowParts;
}

const deepest = 8;

export function createWorkflows({ folder, builtIn, backend, parts }: WorkflowEngineParts): Workflows {
  // The reader of YAML and what carries workflows out are loaded with the first that needs them.
  backend.register(workflowKind, async (run) => (await import('./run-workflow.ts')).workflowHandler(parts)(run));
  const files = createWorkflowFiles({ folder, builtIn });

  const validate: Workflows['validate'] = async (text, name) => {
    const [{ readWorkflow }, { planOf }] = await Promise.all([import('./read-workflow.ts'), import('./plan.ts')]);
    const read = readWorkflow(text, { file: name, find: parts.find });
    return { name, text, ...read, plan: planOf(read.workflow) };
  };
  const load: Workflows['load'] = async (name) => {
    const found = await files.find(name);
    if (!found) throw new ToolError('not_found', `There is no workflow ${name}.`, { hint: 'workflow_list shows what there is.' });
    return { isBuiltIn: found.isBuiltIn, ...(await validate(found.text, name)) };
  };
  const hashOf = (text: string, inputs: Record<string, unknown>): string => sha256(canonicalJson([sha256(text), inputs]));
  const planHash: Workflows['planHash'] = ({ text, workflow }, inputs) => hashOf(text, inputsFor(workflow, inputs));

  async function depthBelow(parent: string | undefined): Promise<number> {
    const above = parent === undefined ? undefined : await backend.get(parent);
    if (above?.kind !== workflowKind) return 0;
    const depth = (above.input as WorkflowRunInput).depth + 1;
    if (depth < deepest) return depth;
    throw new ToolError('too_large', `Workflows that start workflows are ${deepest} deep already.`, {
      hint: 'Look whether one starts itself: workflow_show.',
    });
  }

  return {
    validate,
    load,
    planHash,
    planHashOf: ({ input }) => hashOf((input as WorkflowRunInput).text, (input as WorkflowRunInput).inputs),
    textOf: (name) => files.ownText(name),
    list: async () => Promise.all((await files.names()).map((name) => brief(name, load))),
    save: async (name, text) => {
      await validate(text, name);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeWhole(files.pathOf(name), text, { mode: 0o600 });
    },
    remove: async (name) => {
      await rm(files.pathOf(name)).catch((error: unknown) => {
        throw explained(error, `The workflow ${name}`);
      });
    },
    foresee: async ({ workflow }, { inputs, caller }) => {
      const { foreseen } = await import('./plan.ts');
      const { readOnly, folder: current, reach } = caller;
      const itself = { kind: 'workflow' as const, name: workflow.name, readOnly, folder: current, ...(reach && { reach }) };
      return foreseen(workflow, { parts, caller: itself, inputs: inputsFor(workflow, inputs) });
    },
    start: async (name, { inputs, caller, taint, approved, key, parent }) => {
      const stored = await load(name);
      refuseMissing(stored);
      if (approved !== undefined && approved !== planHash(stored, inputs))
        throw new ToolError('conflict', `${name} or its inputs are not what was approved.`, { hint: 'Look at the dry run again.' });
      const { text, workflow } = stored;
      const given = { inputs: inputsFor(workflow, inputs), caller, taint, depth: await depthBelow(parent) };
      const input: WorkflowRunInput = { name, text, hash: workflow.hash, ...given };
      const id = await backend.start({
        kind: workflowKind,
        input,
        caller: caller.kind,
        key: `workflow:${key}`,
        ...(parent !== undefined && { parent }),
      });
      return (await backend.get(id))!;
    },
    wait: (runId, options) => backend.wait(runId, options),
  };
}

async function brief(name: string, load: Workflows['load']): Promise<WorkflowBrief> {
  try {
    const { isBuiltIn, workflow } = await load(name);
    return { name, isBuiltIn, description: workflow.description, steps: workflow.steps.length };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return { name, isBuiltIn: false, description: '', steps: 0, problem: error.message };
  }
}

/** A word that cannot be delivered is the outbox's matter, not the run's. */
function refuseMissing({ name, missingTools }: StoredWorkflow): void {
  const first = missingTools.find(({ step }) => step !== 'notify');
  if (first)
    throw new ToolError('unavailable', `${name}, line ${first.line}: step ${first.step} needs ${first.tool}, which is not there yet.`, {
      hint: 'workflow_validate names all that is missing.',
    });
}
