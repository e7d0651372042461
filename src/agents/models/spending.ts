import { ToolError } from '../../core/errors.ts';
import type { Usage } from './model-types.ts';

export type Scope = 'run' | 'job' | 'chat' | 'day';

const units = { token: 'tokens', call: 'calls', usd: 'usd', $: 'usd', minute: 'minutes' } as const;

export interface Limit {
  scope: Scope;
  amount: number;
  unit: (typeof units)[keyof typeof units];
}

/** US dollars for a million tokens, by model. */
export type Prices = Record<string, { input: number; output: number }>;

const limitPattern = /^(run|job|chat|day)\s+(\d[\d_.]*)(k|m)?\s*(token|call|usd|\$|minute)s?$/i;
const scales = { k: 1_000, m: 1_000_000 };

/** `run 300k tokens, run 60 calls, day 5 USD` */
export function parseBudget(text: string): Limit[] {
  return parts(text).map((part) => {
    const [, scope = '', number = '', scale, unit = ''] = limitPattern.exec(part.toLowerCase()) ?? [];
    const amount = Number(number.replaceAll('_', '')) * (scale ? scales[scale as keyof typeof scales] : 1);
    if (!scope || !(amount >= 0)) throw malformed('CLAW_MODEL_BUDGET', part, 'run 300k tokens, run 60 calls, day 5 USD');
    return { scope: scope as Scope, amount, unit: units[unit as keyof typeof units] };
  });
}

/** `anthropic/ID=3/15, openai/ID=1.25/10` */
export function parsePrices(text: string): Prices {
  return Object.fromEntries(
    parts(text).map((part) => {
      const [, model, input, output] = /^(\S+)=(\d+(?:\.\d+)?)\/(\d+(?:\.\d+)?)$/.exec(part) ?? [];
      if (model === undefined) throw malformed('CLAW_MODEL_PRICES', part, 'anthropic/ID=3/15');
      return [model, { input: Number(input), output: Number(output) }];
    }),
  );
}

export function usdOf(model: string, usage: Usage, prices: Prices): number | undefined {
  const price = Object.hasOwn(prices, model) ? prices[model] : undefined;
  return price && (usage.inputTokens * price.input + usage.outputTokens * price.output) / 1_000_000;
}

const parts = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

const malformed = (setting: string, part: string, example: string): ToolError =>
  new ToolError('bad_config', `${setting} has a part that cannot be read: "${part.slice(0, 60)}".`, {
    hint: `As in ${setting}="${example}".`,
  });
