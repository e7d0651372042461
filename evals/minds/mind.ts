import { openScriptedProvider } from '../../test/support/scripted-provider.ts';
import type { Turn } from '../../test/support/model-wire.ts';
import type { Driver } from '../drivers.ts';
import { filled } from '../places.ts';
import type { Call, Scenario } from '../scenario.ts';
import { askedIn, type Asked } from './asked.ts';

/** What a scripted model knows of the scenario it plays in. */
export interface Situation {
  scenario: Scenario;
  /** Good work on the request that is at hand. */
  plays: Call[];
  lure?: Scenario['lure'];
  /** Whether it has read the order. */
  isLured: boolean;
}

export type Reply = (asked: Asked, situation: Situation) => Turn;

const roles = ['chat', 'planner', 'executor', 'verifier', 'job'];

interface ScriptedOptions {
  reply: Reply;
  /** Of the two ways to speak; by turns without it. */
  wire?: 'anthropic' | 'openai';
  enters?: Driver['enters'];
  words?: Driver['words'];
}

/** A model of a script behind a provider on loopback: the real adapters speak to it as to any other. */
export function scripted(name: string, { reply, wire, enters, words }: ScriptedOptions): Driver {
  return {
    kind: 'scripted',
    name,
    enters,
    words,
    begin: async (scenario) => {
      const { faults = [] } = scenario;
      const situation: Situation = { scenario, plays: [], lure: scenario.lure, isLured: false };
      const provider = await openScriptedProvider((request, index) => faults[index] ?? reply(askedIn(request), situation));
      return {
        settings: settingsFor(provider.url, wire ?? (scenario.name.length % 2 === 0 ? 'anthropic' : 'openai')),
        hears: ({ places, plays = playsOf(scenario) }) => {
          situation.plays = filled(plays, places);
          situation.lure = filled(scenario.lure, places);
        },
        requests: provider.requests,
        isLured: () => situation.isLured,
        [Symbol.asyncDispose]: async () => provider[Symbol.dispose](),
      };
    },
  };
}

/** Each role asks a model of its own name, so that the script knows whom it plays. */
const settingsFor = (url: string, wire: string): Record<string, string> => ({
  CLAW_MODEL: `${wire}/chat`,
  ...Object.fromEntries(roles.map((role) => [`CLAW_MODEL_${role.toUpperCase()}`, `${wire}/${role}`])),
  ANTHROPIC_BASE_URL: url,
  ANTHROPIC_API_KEY: 'sk-of-the-evals',
  OPENAI_BASE_URL: `${url}/v1`,
});

/** Good work on a scenario's first request: as it says, or else the calls that are expected. */
export const playsOf = ({ plays, expect }: Scenario): Call[] =>
  plays ?? (expect.calls ?? []).map((call) => (typeof call === 'string' ? { tool: call, input: {} } : call));

/** The same request, with a condition that makes the rules leave it to a model. */
export function unsure(request: string): string {
  if (/\b(?:remember|note|forget)\b|:\s/.test(request)) return `if you can ${request}`;
  return /\w$|"$/.test(request) ? `${request} if you can` : request;
}
