import { riskCeiling, type Caller, type Tool } from '../../core/tool.ts';
import type { Role } from './plan-types.ts';
import { ownTools } from './planner.ts';

/**
 * What a model chose is nobody's own word. For the owner such calls are an agent's, in the folder where the owner stands; for anyone else
 * they stay theirs, so that no rule about them is passed by, and are marked.
 */
export const agentFor = (caller: Caller): Caller =>
  caller.kind === 'owner'
    ? { kind: 'agent', name: 'intake', byModel: true, ...(caller.folder !== undefined && { folder: caller.folder }) }
    : { ...caller, byModel: true };

/** Who asks a model within a model's work would have its words counted as a result. */
const notForModels = new Set([...ownTools, 'llm_prompt']);

export const usable = (tools: Tool[]): Tool[] => tools.filter(({ name }) => !notForModels.has(name));

/** Whoever only looks, or checks, cannot change. */
export const mayCall = (role: Role, tool: Tool): boolean => role === 'executor' || riskCeiling(tool) === 'read';
