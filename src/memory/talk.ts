import type { ToolContext } from '../core/tool.ts';
import type { Category } from './memory-types.ts';

/** A turn of a conversation as a model is shown it. */
export interface TalkTurn {
  /** `t1`, `t2` …: short, so that citing costs little. */
  id: string;
  /** The day, as "8 may 2023". */
  on: string;
  by?: string;
  text: string;
}

/** What a model has written down of a conversation. Nothing of it is believed before it is held against the turns it cites. */
export interface TalkNotes {
  notes: { text: string; category: Category; turns: string[] }[];
  summary?: string;
  model: string;
}

/** In whose call a model is asked: what its tokens are counted against. */
export type TalkAsker = Pick<ToolContext, 'signal' | 'callId' | 'runId' | 'caller'>;

/** Has a model read turns. Throws ToolError where no usable answer comes: `failed` where the model wrote something else. */
export type ReadTalk = (turns: TalkTurn[], asker: TalkAsker) => Promise<TalkNotes>;
