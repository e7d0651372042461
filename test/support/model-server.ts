import { onTestFinished } from 'vitest';
import { openScriptedProvider, type ModelServer, type Script } from './scripted-provider.ts';

export type { Turn } from './model-wire.ts';
export type { ModelServer } from './scripted-provider.ts';

/** A scripted provider that ends with the test. */
export async function startModelServer(script: Script): Promise<ModelServer> {
  const server = await openScriptedProvider(script);
  onTestFinished(() => server[Symbol.dispose]());
  return server;
}
