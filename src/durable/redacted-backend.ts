import { ToolError } from '../core/errors.ts';
import type { Redactor } from '../core/redact.ts';
import type { SecretCalls } from '../core/secret-calls.ts';
import { RunEnd, type DurableBackend, type RunContext, type RunHandler } from './backend.ts';

interface Parts {
  redactor: Pick<Redactor, 'value' | 'text'>;
  /** Undefined as long as there are no tools, and so nothing to take out. */
  calls: () => Pick<SecretCalls, 'recordable' | 'value'> | undefined;
  /** Resolves when the secrets that other processes have set are known. */
  learned: () => Promise<void> | undefined;
}

interface Clean {
  text: (text: string) => string;
  value: <T>(value: T) => T;
  input: (tool: string, input: unknown) => unknown;
  learned: Parts['learned'];
}

/**
 * The same journal, into which no secret gets: inputs, results, errors, questions and signals are redacted before they
 * are stored. A replay therefore sees marks where a run that was not cut off saw a secret, and secrets belong into inputs
 * by name only.
 */
export function redactedBackend<Backend extends DurableBackend>(backend: Backend, { redactor, calls, learned }: Parts): Backend {
  const value = <T>(given: T): T => redactor.value(calls()?.value(given) ?? given);
  const input: Clean['input'] = (tool, given) => redactor.value(calls()?.recordable(tool, given) ?? given);
  const clean: Clean = { text: redactor.text, value, input, learned };
  return {
    ...backend,
    // Joins the caller's transaction, so it waits for nothing.
    start: (spec) => backend.start({ ...spec, input: value(spec.input) }),
    signal: (id, name, given) => backend.signal(id, name, value(given)),
    register: (kind, handler) => backend.register(kind, redactedHandler(handler, clean)),
  };
}

const redactedHandler =
  (handler: RunHandler, clean: Clean): RunHandler =>
  async (run) => {
    const end = await handler(redactedRun(run, clean)).catch(rethrow(clean));
    await clean.learned();
    return end instanceof RunEnd ? new RunEnd(end.status, clean.value(end.output)) : clean.value(end);
  };

const redactedRun = (run: RunContext, clean: Clean): RunContext => ({
  id: run.id,
  input: run.input,
  caller: run.caller,
  signal: run.signal,
  sleep: run.sleep,
  evidence: run.evidence,
  settle: (id, change) => run.settle(id, clean.value(change)),
  setState: (state) => run.setState(clean.value(state)),
  waitSignal: (name, options) => run.waitSignal(name, clean.value(options)),
  step: (spec, work) => {
    const step = (): ReturnType<typeof work> =>
      run.step({ ...spec, input: clean.input(spec.tool, spec.input) }, async (attempt) => {
        const result = await work({ ...attempt, commit: (value) => attempt.commit(clean.value(value)) }).catch(rethrow(clean));
        return clean.value(result);
      });
    return clean.learned()?.then(step) ?? step();
  },
});

const rethrow =
  ({ text }: Clean) =>
  (error: unknown): never => {
    if (!(error instanceof ToolError)) throw error;
    const [message, hint] = [text(error.message), text(error.hint)];
    throw message === error.message && hint === error.hint
      ? error
      : new ToolError(error.code, message, { ...error.toJSON(), hint, cause: error });
  };
