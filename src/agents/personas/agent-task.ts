import type { CallerKind, Taint } from '../../core/tool.ts';
import { RunEnd, type RunHandler } from '../../durable/backend.ts';
import { promptText } from '../prompt-text.ts';
import { carryOut, type WorkParts } from './agent-work.ts';
import type { Persona } from './persona-schema.ts';

/** What the run of a task is started with: the persona as it was then. */
export interface TaskInput {
  agent: string;
  task: string;
  persona: Persona;
  folder: string | undefined;
  /** The owner asks, or an agent of the owner's. */
  isOwners: boolean;
  /** Who asked in the first place. */
  asked: CallerKind;
  /** What whoever asks has read. */
  taint: Taint;
}

/** One task by a persona: a bounded conversation, and what the runtime has seen of it. */
export function taskHandler(parts: WorkParts): RunHandler {
  return async (run) => {
    const { agent, task, persona, folder, isOwners, asked, taint } = run.input as TaskInput;
    parts.taints.inherit(run.id, taint);
    const { status, ...outcome } = await carryOut(parts, {
      run,
      persona,
      agent,
      folder,
      isOwners,
      asked,
      task,
      request: task,
      isPersons: run.caller !== 'agent',
      id: 'task',
      system: promptText('persona', { agent, instructions: persona.instructions }),
      messages: [{ role: 'user', text: task }],
    });
    return new RunEnd(status, outcome);
  };
}
