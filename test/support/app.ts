import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { createApp, type App } from '../../src/app.ts';
import type { Clock } from '../../src/core/clock.ts';
import { loadConfig, type Config } from '../../src/core/config.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Caller, Tool } from '../../src/core/tool.ts';
import type { RunHandler } from '../../src/durable/backend.ts';
import type { CallOptions, CallResult, OpenGate } from '../../src/gate/gate-types.ts';
import { temporaryFolder } from './folder.ts';

export const owner: Caller = { kind: 'owner' };

export interface TestApp extends App {
  gate: OpenGate;
  home: string;
  paths: Config['paths'];
  /** Where file_* may work. */
  files: string;
  /** A call by the owner. */
  call(tool: string, input?: unknown, options?: CallOptions): Promise<CallResult>;
  /** Its output, as the test expects it. */
  output<T>(tool: string, input?: unknown): Promise<T>;
}

export interface TestAppOptions {
  /** Beside or in place of the real ones. */
  tools?: Tool[];
  /** An earlier app's folder, to start again on its data. */
  home?: string;
  recover?: boolean;
  /** Kinds of runs beside the real ones. */
  runs?: Record<string, RunHandler>;
  clock?: Clock;
  env?: Record<string, string>;
  /** What programs that are run see of an environment; none by default. */
  programs?: Record<string, string>;
}

/** The real app on an empty data folder; it closes when the test ends. */
export async function startApp(options: TestAppOptions = {}): Promise<TestApp> {
  const home = options.home ?? path.join(temporaryFolder(), 'home');
  const files = path.join(path.dirname(home), 'files');
  mkdirSync(files, { recursive: true });
  const env = { CLAW_HOME: home, CLAW_FILE_ROOTS: files, ...options.env };
  const config = loadConfig({ env, cwd: files, root: files });
  const app = await createApp({
    config,
    log: silentLog,
    tools: options.tools,
    recover: options.recover,
    runs: options.runs,
    folder: files,
    clock: options.clock,
    ...(options.programs && { env: options.programs }),
  });
  onTestFinished(() => app[Symbol.asyncDispose]());
  const call: TestApp['call'] = (tool, input, callOptions) => app.gate.call(owner, tool, input, callOptions);
  return {
    ...app,
    gate: await app.openGate(),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
    home,
    paths: config.paths,
    files,
    call,
    output: async <T>(tool: string, input?: unknown) => (await call(tool, input)).output as T,
  };
}
