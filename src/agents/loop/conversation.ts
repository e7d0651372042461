import { ToolError } from '../../core/errors.ts';
import { jsonSchema } from '../../core/tool.ts';
import type { ModelTool } from '../models/model-types.ts';
import { promptTokens } from '../models/prompt-tokens.ts';
import { promptText } from '../prompt-text.ts';
import { Calls } from './calls.ts';
import type { LoopEnd, LoopFloor, LoopTask } from './loop-types.ts';
import { replyAsStep, type JournaledReply } from './model-step.ts';
import { askTool, finishTool } from './own-tools.ts';
import { meaningOf } from './tool-uses.ts';
import { messagesFor, type Round } from './transcript.ts';

const mostReplyTokens = 8_000;
/** A reply that may be shorter than this is not worth its price. */
const leastReplyTokens = 200;
const contextTokens = 60_000;
/** How often a reply may be cut off, come without the end that was asked for, or hold nothing but calls that cannot be made. */
const mostCutOff = 2;
const mostUnended = 2;
const mostWrong = 3;

/** The state of one loop: what was said, what was called, what is left. */
export class Conversation {
  private readonly floor: LoopFloor;
  private readonly task: LoopTask;
  private readonly calls: Calls;
  private readonly system: string;
  private readonly tools: ModelTool[];
  private readonly rounds: Round[] = [];
  private tokens = 0;
  private text = '';
  private cutOff = 0;
  private unended = 0;
  private wrong = 0;

  constructor(floor: LoopFloor, task: LoopTask) {
    this.floor = floor;
    this.task = task;
    this.calls = new Calls(floor, task);
    const { rounds, calls } = task.limits;
    const ending = task.finish ? '- End by calling finish.' : '- End with a reply without calls.';
    this.system = `${task.system}\n\n${promptText('rules', { rounds, calls, ending })}`;
    this.tools = [...task.tools.map(modelTool), askTool, ...(task.finish ? [finishTool(task.finish)] : [])];
  }

  async run(): Promise<LoopEnd> {
    for (let round = 1; ; round += 1) {
      this.floor.run.signal.throwIfAborted();
      const end = await this.take(round).catch((error: unknown) => this.endOf(error));
      if (end) return end;
    }
  }

  /** One reply and what it asks for. */
  private async take(round: number): Promise<LoopEnd | undefined> {
    const { limits } = this.task;
    if (round > limits.rounds) return this.end('limit', `All ${limits.rounds} replies are used.`);
    const reply = await this.reply(round);
    this.tokens += reply.usage.tokens;
    this.calls.spentMs = reply.spentMs;
    if (reply.text.trim() !== '') this.text = reply.text;
    if (reply.stop === 'refused') return this.end('refused', 'The model refused.');
    if (reply.stop === 'length') return this.shorter(reply);
    if (reply.toolUses.length === 0) return this.task.finish ? this.askToFinish(reply) : this.end('answered');
    return this.answerUses(reply, round);
  }

  private async reply(round: number): Promise<JournaledReply> {
    const { system, tools, task } = this;
    const messages = messagesFor(task.messages, this.rounds, task.limits.context ?? contextTokens);
    const left = task.limits.tokens - this.tokens - promptTokens({ system, messages, tools });
    if (left < leastReplyTokens) throw used(`All ${task.limits.tokens} tokens of this task are used.`);
    const leftMs = task.limits.ms - this.calls.spentMs;
    if (leftMs <= 0) throw used(`The time of this task is over (${Math.round(task.limits.ms / 1_000)} s).`);
    const request = { system, tools, messages, maxTokens: Math.min(mostReplyTokens, left) };
    return replyAsStep(this.floor, { task, round, request, spentMs: this.calls.spentMs, leftMs });
  }

  private async answerUses(reply: JournaledReply, round: number): Promise<LoopEnd | undefined> {
    const meant = reply.toolUses.map((use) => meaningOf(use, this.task, reply.toolUses.length === 1));
    const [first] = meant;
    if (first?.kind === 'finish') return { ...this.end('finished'), finished: first.value };
    if (round === this.task.limits.rounds)
      return this.end('limit', `All ${round} replies are used, and the last one asked for more calls.`);
    this.wrong = meant.every(({ kind }) => kind === 'wrong') ? this.wrong + 1 : 0;
    if (this.wrong > mostWrong) return this.end('limit', 'The model keeps asking for calls that cannot be made.');
    const { results, lines, isRepeating, isSpent } = await this.calls.answer(meant, `${this.task.id}-m${round}`);
    if (isRepeating) return this.end('repeating', 'The model made the same call with the same result three times.');
    if (isSpent) return this.end('limit', `All ${this.task.limits.calls} calls are used.`);
    const isLastNext = round + 1 === this.task.limits.rounds;
    this.push(reply, { results, lines, ...(isLastNext && { note: `claw: your next reply is the last. ${this.howToEnd()}` }) });
    return undefined;
  }

  /** A reply that was cut off may hold half a call, so none of its calls is made. */
  private shorter(reply: JournaledReply): LoopEnd | undefined {
    this.cutOff += 1;
    if (this.cutOff > mostCutOff) return this.end('limit', 'The replies were too long and were cut off.');
    this.push(
      { ...reply, toolUses: [], native: undefined },
      { note: 'claw: that reply was too long and was cut off; none of its calls was made. Be shorter.' },
    );
    return undefined;
  }

  private askToFinish(reply: JournaledReply): LoopEnd | undefined {
    this.unended += 1;
    if (this.unended > mostUnended) return this.end('answered');
    this.push(reply, { note: `claw: ${this.howToEnd()}` });
    return undefined;
  }

  private push({ text, toolUses, native }: JournaledReply, came: Partial<Round>): void {
    const said = { role: 'assistant' as const, text: text || (toolUses.length > 0 ? '' : '…'), toolUses, ...(native && { native }) };
    this.rounds.push({ results: [], lines: [], ...came, said });
  }

  private howToEnd(): string {
    return this.task.finish ? 'Call finish now, with what there is.' : 'Answer now, without calls.';
  }

  /** No reply came, or none may be asked for. */
  private endOf(error: unknown): LoopEnd {
    if (this.floor.run.signal.aborted || !(error instanceof ToolError)) throw error;
    return this.end(error.code === 'denied' || error.code === 'timeout' ? 'limit' : 'stopped', `${error.message} ${error.hint}`.trim());
  }

  private end(end: LoopEnd['end'], reason?: string): LoopEnd {
    const { made, all } = this.calls;
    return { end, ...(reason !== undefined && { reason }), text: this.text, calls: all, usage: { calls: made, tokens: this.tokens } };
  }
}

const used = (message: string): ToolError => new ToolError('timeout', message, { hint: 'Ask for less at once.' });

const modelTool = ({ name, description, input }: LoopTask['tools'][number]): ModelTool => ({
  name,
  description,
  inputSchema: jsonSchema(input, 'input'),
});
