import type { Gate } from '../../gate/gate-types.ts';
import type { Message } from '../models/model-types.ts';
import { callForModel, fingerprint, mayChange } from './loop-call.ts';
import type { LoopCall, LoopFloor, LoopTask } from './loop-types.ts';
import { errorText } from './result-text.ts';
import type { Meant } from './tool-uses.ts';

interface Said {
  text: string;
  isError: boolean;
  line?: string;
}

export interface CameOfIt {
  results: Extract<Message, { role: 'tool' }>[];
  /** One for each call, in short. */
  lines: string[];
  isRepeating: boolean;
  /** Calls are wanted and none is left. */
  isSpent: boolean;
}

/** Reads of one reply run side by side, this many at once; as soon as one may change something, they run in the order given. */
const lanes = 4;
const mostQuestions = 3;
const mostAlike = 3;

/** The calls of one loop, and what is left of them. */
export class Calls {
  readonly all: LoopCall[] = [];
  made = 0;
  /** Ms of work; replies bring what was recorded with them, so that a resumed run counts the same. */
  spentMs = 0;
  private readonly floor: LoopFloor;
  private readonly task: LoopTask;
  private readonly alike = new Map<string, number>();
  /** Calls that the owner has said no to in this loop: they are not asked about again. */
  private readonly refused = new Map<string, string>();
  private questions = 0;
  private isRepeating = false;

  constructor(floor: LoopFloor, task: LoopTask) {
    this.floor = { ...floor, gate: this.timed(floor.gate) };
    this.task = task;
  }

  async answer(meant: Meant[], prefix: string): Promise<CameOfIt> {
    const before = this.made;
    const isQuiet = meant.every((one) => one.kind === 'wrong' || (one.kind === 'call' && !mayChange(one.tool, one.input)));
    const said = await inLanes(meant, isQuiet ? lanes : 1, (one, index) => this.one(one, `${prefix}-c${index + 1}`));
    const wanted = meant.some(({ kind }) => kind === 'call');
    return {
      results: said.map(({ text, isError }, index) => ({
        role: 'tool',
        toolUseId: meant[index]!.use.id,
        text,
        ...(isError && { isError }),
      })),
      lines: said.flatMap(({ line }) => line ?? []),
      isRepeating: this.isRepeating,
      isSpent: wanted && this.made === before && this.made >= this.task.limits.calls,
    };
  }

  private async one(meant: Meant, stepId: string): Promise<Said> {
    this.floor.run.signal.throwIfAborted();
    if (meant.kind === 'wrong') return { text: errorText(meant.error), isError: true };
    if (meant.kind === 'ask') return this.ask(meant.question, stepId);
    if (meant.kind === 'call') return this.call(meant, stepId);
    return { text: 'The end.', isError: false };
  }

  private async call({ tool, input }: Extract<Meant, { kind: 'call' }>, stepId: string): Promise<Said> {
    const refusal = this.refused.get(fingerprint({ tool: tool.name, input }, 'declined'));
    if (refusal !== undefined) return { text: refusal, isError: true };
    if (this.made >= this.task.limits.calls)
      return said('denied', `All ${this.task.limits.calls} calls are used.`, 'Answer with what there is.');
    this.made += 1;
    const { call, text, isError } = await callForModel(this.floor, { stepId, tool, input });
    this.all.push(call);
    if (call.status === 'declined') this.refused.set(fingerprint(call, 'declined'), text);
    this.floor.onProgress?.({ message: `${this.task.id} ${tool.name}: ${call.status}` });
    const again = this.count(call, text);
    return { text: again ? `${text}\nclaw: this call has given the same result before.` : text, isError, line: lineOf(call) };
  }

  /** True at the second time. */
  private count(call: LoopCall, text: string): boolean {
    const key = fingerprint(call, call.kept?.output ?? text);
    const times = (this.alike.get(key) ?? 0) + 1;
    this.alike.set(key, times);
    this.isRepeating ||= times >= mostAlike;
    return times > 1;
  }

  /** Waits durably, through restarts, until somebody answers. */
  private async ask(question: string, key: string): Promise<Said> {
    this.questions += 1;
    if (this.questions > mostQuestions)
      return said('denied', `${mostQuestions} questions were asked already.`, 'Go on with what is known, or say what is missing.');
    const text = `The model asks: ${question}`;
    const answer = await this.floor.run.waitSignal(`answer:${key}`, { question: { key, text } });
    return {
      text: `The person answers: ${String(answer)}`,
      isError: false,
      line: `- asked "${question.slice(0, 120)}": ${String(answer).slice(0, 200)}`,
    };
  }

  private timed(gate: Gate): Gate {
    return {
      ...gate,
      call: async (...asked) => {
        const started = performance.now();
        try {
          return await gate.call(...asked);
        } finally {
          this.spentMs += Math.round(performance.now() - started);
        }
      },
    };
  }
}

const said = (code: 'denied', message: string, hint: string): Said => ({ text: errorText({ code, message, hint }), isError: true });

/** Text from outside stays out of it: here it would stand outside of the fence. */
function lineOf({ tool, input, status, summary, kept }: LoopCall): string {
  const found = kept?.untrusted ? '' : `: ${summary.slice(0, 160)}`;
  return `- ${tool} ${JSON.stringify(input).slice(0, 160)} → ${status}${found}`;
}

async function inLanes<In, Out>(items: In[], width: number, work: (item: In, index: number) => Promise<Out>): Promise<Out[]> {
  const done: Out[] = [];
  for (let start = 0; start < items.length; start += width)
    done.push(...(await Promise.all(items.slice(start, start + width).map((item, index) => work(item, start + index)))));
  return done;
}
