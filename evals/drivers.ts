import type { Places } from './places.ts';
import type { Call, DriverKind, Scenario } from './scenario.ts';

/** Who thinks: nobody, a script, or a model. */
export interface Driver {
  kind: DriverKind;
  /** For tables: `none`, `scripted`, `anthropic/claude-…`. */
  name: string;
  /** By which door requests come in: planned (by default), or as one loop with all tools and no plan before it, as personas work. */
  enters?: 'intake' | 'loop';
  /** How it puts a request; as it is by default. */
  words?: (request: string) => string;
  begin(scenario: Scenario): Promise<Mind>;
}

/** One scenario's worth of a driver. */
export interface Mind extends AsyncDisposable {
  settings: Record<string, string>;
  /** What a provider was asked, where it is ours. */
  requests?: unknown[];
  /** Whether a scripted model has read the injected order. */
  isLured?: () => boolean;
  /** Told before each request where things are, and what good work on it would be. */
  hears?: (given: { places: Places; plays?: Call[] }) => void;
}

const nothing = async (): Promise<void> => {};

/** The planner without a model. */
export const noModel: Driver = {
  kind: 'none',
  name: 'none',
  begin: async () => ({ settings: { CLAW_MODEL: 'none' }, [Symbol.asyncDispose]: nothing }),
};

const kept = ['ANTHROPIC_API_KEY', 'ANTHROPIC_BASE_URL', 'OPENAI_API_KEY', 'OPENAI_BASE_URL', 'OLLAMA_HOST'];

/** A real model, named as in CLAW_MODEL; keys and addresses come from `env`, under the names that claw itself reads. */
export function liveModel(model: string, env: Record<string, string | undefined>): Driver {
  const found = kept.flatMap((name): [string, string][] => (env[name] ? [[name, env[name]]] : []));
  const settings = { CLAW_MODEL: model, ...Object.fromEntries(found) };
  return { kind: 'live', name: model, begin: async () => ({ settings, [Symbol.asyncDispose]: nothing }) };
}

/** What keeps a live model from being asked here, or nothing. */
export function lacking(model: string, env: Record<string, string | undefined>): string | undefined {
  const [provider = ''] = model.split('/');
  const key = { anthropic: 'ANTHROPIC_API_KEY', openai: 'OPENAI_API_KEY' }[provider];
  return key === undefined || env[key] || (provider === 'openai' && env.OPENAI_BASE_URL) ? undefined : `${key} is not set`;
}
