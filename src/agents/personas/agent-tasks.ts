import { newId } from '../../core/ids.ts';
import type { Caller } from '../../core/tool.ts';
import type { TaskInput } from './agent-task.ts';
import type { AgentFloor, Agents } from './agents.ts';
import { above, askerOf, depthBelow, mustWork } from './delegation.ts';

/** Tasks for personas: each a run of its own, which ends with whoever asked for it. */
export function createTasks(floor: AgentFloor): Pick<Agents, 'run' | 'wait'> {
  const { db, backend, ledger, personas } = floor;
  return {
    run: async ({ persona: name, task, folder }, { caller, taint, key }) => {
      const persona = await personas.load(name);
      mustWork(floor.models, persona);
      const parent = above(ledger, caller);
      const depth = depthBelow(parent, persona, parent ? ledger.chain(parent.runId) : []);
      const input: TaskInput = { agent: name, task, persona, folder, isOwners: isOwners(caller), asked: askerOf(caller), taint };
      const { defaultLimits } = await import('../loop/loop-types.ts');
      const budget = { tokens: persona.budget.tokens ?? defaultLimits.tokens, usd: persona.budget.usd };
      const { started } = db.transaction(() => {
        const id = newId('run');
        ledger.begin({ runId: id, parent: parent?.runId, agent: name, persona: name, depth, hops: parent?.hops ?? 0, ...budget });
        return { started: backend.start({ id, kind: 'agent', input, caller: caller.kind, key: `agent:${key}` }) };
      });
      return (await backend.get(await started))!;
    },
    wait: async (runId, { timeoutMs, signal, by, throughWaiting }) => {
      const { shuttingDown } = await import('../../gate/closing.ts');
      const leave = new AbortController();
      const cancel = (): void => {
        // The end of this process is no word of whoever asked: the task goes on with the next.
        if (signal.reason === shuttingDown) leave.abort(shuttingDown);
        else void backend.stop(runId, by.kind);
      };
      signal.addEventListener('abort', cancel, { once: true });
      try {
        return await backend.wait(runId, { timeoutMs, signal: leave.signal, throughWaiting });
      } finally {
        signal.removeEventListener('abort', cancel);
      }
    },
  };
}

const isOwners = ({ kind, reach }: Caller): boolean => kind === 'owner' || reach?.ownersFolder === true;
