import { Conversation } from './conversation.ts';
import type { LoopEnd, LoopFloor, LoopTask } from './loop-types.ts';

/**
 * One bounded conversation of a model with tools, as steps of a run: each reply and each call is journaled, so a resumed run asks for
 * no reply again and repeats no call. Each call goes through the gate with the run's taint and waits there for the owner where it must.
 * What comes back is what the runtime saw (`calls`) and what the model said (`text`), apart. Throws where the run is ended.
 */
export const runLoop = (floor: LoopFloor, task: LoopTask): Promise<LoopEnd> => new Conversation(floor, task).run();
