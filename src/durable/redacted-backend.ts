import { ToolError } from '../core/errors.ts';
import type { Redactor } from '../core/redact.ts';
import { RunEnd, type DurableBackend, type RunContext, type RunHandler } from './backend.ts';

type Clean = Pick<Redactor, 'value' | 'text'>;

/**
 * The same journal, into which no secret gets: inputs, results, errors, questions and signals are redacted before they
 * are stored. A replay therefore sees marks where a run that was not cut off saw a secret, and secrets belong into inputs
 * by name only.
 */
export function redactedBackend<Backend extends DurableBackend>(backend: Backend, redactor: Clean): Backend {
  return {
    ...backend,
    start: (spec) => backend.start({ ...spec, input: redactor.value(spec.input) }),
    signal: (id, name, value) => backend.signal(id, name, redactor.value(value)),
    register: (kind, handler) => backend.register(kind, redactedHandler(handler, redactor)),
  };
}

const redactedHandler =
  (handler: RunHandler, redactor: Clean): RunHandler =>
  async (run) => {
    const end = await handler(redactedRun(run, redactor)).catch(rethrow(redactor));
    return end instanceof RunEnd ? new RunEnd(end.status, redactor.value(end.output)) : redactor.value(end);
  };

const redactedRun = (run: RunContext, redactor: Clean): RunContext => ({
  id: run.id,
  input: run.input,
  caller: run.caller,
  signal: run.signal,
  sleep: run.sleep,
  settle: (id, change) => run.settle(id, redactor.value(change)),
  setState: (state) => run.setState(redactor.value(state)),
  waitSignal: (name, options) => run.waitSignal(name, redactor.value(options)),
  step: (spec, work) =>
    run.step({ ...spec, input: redactor.value(spec.input) }, async (attempt) => {
      const result = await work({ ...attempt, commit: (value) => attempt.commit(redactor.value(value)) }).catch(rethrow(redactor));
      return redactor.value(result);
    }),
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
