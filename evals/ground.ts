import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { filled, type Places } from './places.ts';
import type { WorldSpec } from './scenario.ts';
import { startWeb, type Web } from './web.ts';

/** What is there before claw is: a person's folder, a policy, servers, settings. */
export interface Ground extends AsyncDisposable {
  places: Places;
  web: Web;
  thief: Web;
  /** The settings, as in the environment. */
  env: Record<string, string>;
  /** Puts files where they belong. */
  put(files: Record<string, string>): void;
}

export async function layGround(spec: WorldSpec, settings: Record<string, string>): Promise<Ground> {
  await using stack = new AsyncDisposableStack();
  const base = realpathSync(mkdtempSync(path.join(tmpdir(), 'claw-eval-')));
  stack.defer(() => rmSync(base, { recursive: true, force: true }));
  const places: Places = { home: path.join(base, 'person'), data: path.join(base, 'data'), web: '', thief: '' };
  const web = stack.use(await startWeb(() => filled(spec.pages ?? {}, places)));
  const thief = stack.use(await startWeb(() => ({})));
  Object.assign(places, { web: `http://${web.host}`, thief: `http://${thief.host}` });
  mkdirSync(places.home, { recursive: true });
  const put: Ground['put'] = (files) => {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(places.home, filled(name, places));
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, filled(text, places));
    }
  };
  put(spec.files ?? {});
  if (spec.policy !== undefined) writePolicy(places, spec.policy);
  const env = {
    CLAW_HOME: places.data,
    CLAW_FILE_ROOTS: places.home,
    CLAW_HTTP_ALLOW: `${web.host},${thief.host}`,
    CLAW_EMBEDDINGS: 'none',
    ...settings,
    ...filled(spec.env ?? {}, places),
  };
  const laid = stack.move();
  return { places, web, thief, env, put, [Symbol.asyncDispose]: () => laid.disposeAsync() };
}

function writePolicy({ data }: Places, text: string): void {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  writeFileSync(path.join(data, 'policy.yaml'), text, { mode: 0o600 });
}
