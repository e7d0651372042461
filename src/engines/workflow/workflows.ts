import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { explained, writeWhole } from '../../core/atomic-write.ts';
import { systemCode, ToolError } from '../../core/errors.ts';
import { sha256 } from '../../core/json.ts';
import type { Caller, Taint } from '../../core/tool.ts';
import type { DurableBackend, RunRecord } from '../../durable/backend.ts';
import { inputsFor } from './inputs.ts';
import type { ReadResult } from './read-workflow.ts';
import { workflowKind, type WorkflowParts, type WorkflowRunInput } from './workflow-parts.ts';

export interface StoredWorkflow extends ReadResult {
  name: string;
  text: string;
  isBuiltIn: boolean;
}

export interface WorkflowStart {
  inputs: Record<string, unknown>;
  caller: Caller;
  taint: Taint;
  /** The hash that was shown: anything else is a `conflict`. */
  approved?: string;
  /** Another start with the same key is the same run. */
  key: string;
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
  validate(text: string, name: string): Promise<ReadResult>;
  save(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Of text and inputs together: what an approval of a dry run covers. */
  planHash(workflow: StoredWorkflow, inputs: Record<string, unknown>): string;
  start(name: string, start: WorkflowStart): Promise<RunRecord>;
  wait(runId: string, signal: AbortSignal): Promise<RunRecord>;
}

export interface WorkflowFolders {
  /** The owner's. */
  folder: string;
  /** Those that come with claw; one of the owner's with the same name stands before it. */
  builtIn: string;
  backend: DurableBackend;
  parts: WorkflowParts;
}

const waitMs = 40_000;

export function createWorkflows({ folder, builtIn, backend, parts }: WorkflowFolders): Workflows {
  const { isTool } = parts;
  // The reader of YAML and what carries workflows out are loaded with the first that needs them.
  backend.register(workflowKind, async (run) => (await import('./run-workflow.ts')).workflowHandler(parts)(run));
  const fileOf = (name: string, inFolder = folder): string => path.join(inFolder, `${name}.yaml`);
  const validate: Workflows['validate'] = async (text, name) => {
    const { readWorkflow } = await import('./read-workflow.ts');
    return readWorkflow(text, { file: name, isTool });
  };
  const find = async (name: string): Promise<{ text: string; isBuiltIn: boolean } | undefined> => {
    const own = await textIn(fileOf(name));
    const text = own ?? (await textIn(fileOf(name, builtIn)));
    return text === undefined ? undefined : { text, isBuiltIn: own === undefined };
  };
  const load: Workflows['load'] = async (name) => {
    const found = await find(name);
    if (!found) throw new ToolError('not_found', `There is no workflow ${name}.`, { hint: 'workflow_list shows what there is.' });
    return { name, ...found, ...(await validate(found.text, name)) };
  };
  const planHash: Workflows['planHash'] = ({ text, workflow }, inputs) =>
    sha256(JSON.stringify([sha256(text), inputsFor(workflow, inputs)]));

  return {
    validate,
    load,
    planHash,
    textOf: async (name) => textIn(fileOf(name)),
    list: async () => {
      const names = new Set([...(await namesIn(folder)), ...(await namesIn(builtIn))]);
      return Promise.all([...names].toSorted().map((name) => brief(name, load)));
    },
    save: async (name, text) => {
      await validate(text, name);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeWhole(fileOf(name), text, 0o600);
    },
    remove: async (name) => {
      await rm(fileOf(name)).catch((error: unknown) => {
        throw explained(error, `The workflow ${name}`);
      });
    },
    start: async (name, { inputs, caller, taint, approved, key }) => {
      const stored = await load(name);
      refuseMissing(stored);
      if (approved !== undefined && approved !== planHash(stored, inputs))
        throw new ToolError('conflict', `${name} or its inputs are not what was approved.`, { hint: 'Look at the dry run again.' });
      const { text, workflow } = stored;
      const input: WorkflowRunInput = { name, text, hash: workflow.hash, inputs: inputsFor(workflow, inputs), caller, taint };
      const id = await backend.start({ kind: workflowKind, input, caller: caller.kind, key: `workflow:${key}` });
      return (await backend.get(id))!;
    },
    wait: (runId, signal) => backend.wait(runId, { timeoutMs: waitMs, signal }),
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

const namesIn = async (folder: string): Promise<string[]> =>
  (await absent(readdir(folder), [] as string[])).filter((file) => file.endsWith('.yaml')).map((file) => file.slice(0, -'.yaml'.length));

const textIn = (file: string): Promise<string | undefined> => absent<string | undefined>(readFile(file, 'utf8'), undefined);

async function absent<T>(found: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await found;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return otherwise;
    throw error;
  }
}

function refuseMissing({ name, missingTools }: StoredWorkflow): void {
  const [first] = missingTools;
  if (first)
    throw new ToolError('unavailable', `${name}, line ${first.line}: step ${first.step} needs ${first.tool}, which is not there yet.`, {
      hint: 'workflow_validate names all that is missing.',
    });
}
