import { expect, test } from 'vitest';
import { jsonSchema, type Tool } from '../../src/core/tool.ts';
import { tools } from '../../src/tools/index.ts';
import { owner, startApp } from '../support/app.ts';
import { randomOf, type Random } from './random.ts';

const seed = 20_260_802;
const rounds = 12;
const strings = [
  '',
  '\u0000',
  'a\u0000b',
  '../../..',
  '~',
  '%s%n',
  '-rf',
  '\u202e',
  '🙂',
  "'; DROP TABLE runs; --",
  '"*',
  'x'.repeat(3_000),
  '[[[',
  '\n',
];

interface Schema {
  type?: string;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  items?: Schema;
}

/** A value that fits the schema's types, and that no sensible caller would send. */
function oddValue({ type, enum: known, properties = {}, items = {} }: Schema, random: Random): unknown {
  if (known) return random.pick(known);
  if (type === 'string') return random.pick(strings);
  if (type === 'integer' || type === 'number') return random.pick([-1, 0, 1, 7, 2 ** 31, -0.5, 1e300]);
  if (type === 'boolean') return random.below(2) === 0;
  if (type === 'array') return Array.from({ length: random.below(3) }, () => oddValue(items, random));
  if (type !== 'object') return random.pick([...strings, null, 7, [], {}]);
  const chosen = Object.entries(properties).filter(() => random.below(4) > 0);
  return Object.fromEntries(chosen.map(([name, schema]) => [name, oddValue(schema, random)]));
}

const withoutWaiting = tools.filter(({ name }) => name !== 'run_wait');

test.each(withoutWaiting.map((tool): [string, Tool] => [tool.name, tool]))(
  `%s answers odd input with a result or an error that was foreseen (seed ${seed})`,
  async (name, tool) => {
    const app = await startApp();
    const random = randomOf(seed);
    const schema = jsonSchema(tool.input, 'input') as Schema;
    for (let round = 0; round < rounds; round += 1) {
      const input = oddValue(schema, random);
      const outcome = await app.gate.call(owner, name, input).then(
        () => 'result',
        (error: { code: string }) => error.code,
      );
      expect(outcome, JSON.stringify(input)).not.toBe('internal');
    }
  },
);
