import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Caller, Tool } from '../../src/core/tool.ts';
import { tools } from '../../src/tools/index.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { bytesBelow, canaries, leaks, type Canary } from '../support/canaries.ts';

interface Schema {
  type?: string | string[];
  enum?: unknown[];
  minimum?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
}

/** Something that fits a field's schema. */
function plain(schema: Schema): unknown {
  if (schema.enum) return schema.enum[0];
  const type = [schema.type].flat()[0];
  if (type === 'object') return Object.fromEntries((schema.required ?? []).map((name) => [name, plain(schema.properties![name]!)]));
  if (type === 'array') return schema.items ? [plain(schema.items)] : [];
  if (type === 'boolean') return false;
  return type === 'number' || type === 'integer' ? (schema.minimum ?? 1) : 'x';
}

/** The schema's values with a text in one place each, also where it does not belong. */
function* withText(schema: Schema, text: string): Generator {
  const base = plain(schema) as Record<string, unknown>;
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    yield { ...base, [name]: text };
    if (inner.items) yield { ...base, [name]: [text] };
    if (inner.properties) for (const value of withText(inner, text)) yield { ...base, [name]: value };
    if (inner.type === 'object' && !inner.properties) {
      yield { ...base, [name]: { [text]: text } };
      yield { ...base, [name]: { a: { b: [text] } } };
    }
  }
  yield { ...base, [text]: text };
  yield text;
}

const callers: Caller[] = [{ kind: 'owner' }, { kind: 'mcp', name: 'client' }];

async function tryEach(app: TestApp, tool: Tool, { value }: Canary): Promise<string> {
  let told = '';
  for (const input of withText(z.toJSONSchema(tool.input, { io: 'input' }) as Schema, value)) {
    for (const caller of callers) {
      const options = { signal: AbortSignal.timeout(3_000), onProgress: (progress: object) => void (told += JSON.stringify(progress)) };
      const answer = await app.gate.call(caller, tool.name, input, options).catch((error: unknown) => error);
      told += answer instanceof Error ? JSON.stringify(answer) + String(answer) : JSON.stringify(answer);
      if (tool.name === 'stop_all') await app.call('stop_release').catch(() => {});
    }
  }
  return told;
}

const slow = new Set(['run_wait', 'cron_run', 'audit_checkpoint', 'machine_status', 'machine_network']);

const hard = canaries(5, 11).filter(({ kind }) => kind === 'awkward' || kind === 'lines');

test.each(hard.map((one) => [one.kind, one] as const))(
  'a secret of kind "%s" in any field of any tool is in no answer, no record and no file of claw',
  { timeout: 120_000 },
  async (_kind, secret) => {
    const app = await startApp();
    await app.call('vault_set', { name: 'canary', value: secret.value });
    for (const tool of tools.filter(({ name }) => !slow.has(name))) {
      expect(leaks({ [tool.name]: await tryEach(app, tool, secret) }, [secret])).toEqual([]);
    }
    await app.settled();
    await app[Symbol.asyncDispose]();
    const texts = bytesBelow(app.home, ['backups']);
    expect(leaks(texts, [secret])).toEqual([]);
  },
);

test('a text that is no secret is in them', async () => {
  const app = await startApp();
  for (const name of ['memory_remember', 'stop_all']) {
    const told = await tryEach(
      app,
      tools.find((tool) => tool.name === name)!,
      hard[0]!,
    );
    expect(leaks({ told, ...bytesBelow(app.home) }, [hard[0]!]).map(({ where }) => where)).toEqual(
      expect.arrayContaining(['told', 'claw.db-wal']),
    );
  }
});
