import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluate, ExpressionError, parseExpression } from '../../../src/engines/workflow/expression.ts';
import { parseTemplate, render, TemplateError } from '../../../src/engines/workflow/template.ts';

const data = {
  inputs: { host: 'nas', count: 3, on: true, tags: ['a', 'b'] },
  steps: { disk: { ok: true, failed: false, output: { usedPercent: 91.5, disks: [{ mount: '/' }] } } },
  previous: { failed: false },
};

test.each([
  ['true', true],
  ['not true', false],
  ['steps.disk.ok', true],
  ['steps.disk.output.usedPercent > 90', true],
  ['steps.disk.output.usedPercent >= 91.5 and inputs.host == "nas"', true],
  ["inputs.host != 'nas' or inputs.on", true],
  ['not (inputs.count < 3)', true],
  ['steps.disk.output.disks.0.mount == "/"', true],
  ['inputs.tags contains "b"', true],
  ['inputs.host contains "a"', true],
  ['inputs.missing == null', true],
  ['steps.disk.output.usedPercent > "90"', false],
  ['inputs.host', false],
  ['inputs.host and true', false],
  ['inputs.host.length > 0', false],
  ['inputs.__proto__ == null', true],
  ['inputs.constructor == null', true],
  ['always()', true],
  ['not inputs.host', false],
  ['not inputs.missing', false],
  ['not (inputs.missing > 3)', false],
  ['not (inputs.count contains "3")', false],
  ['not (inputs.missing and true)', false],
  ['inputs.missing or true', true],
  ['not (inputs.missing and false)', true],
  ['inputs.toString == null', true],
  ['true or false and false', true],
])('%s is %s', (text, expected) => {
  expect(evaluate(parseExpression(text), data) === true).toBe(expected);
});

test.each([
  ['', 'missing'],
  ['a ==', 'missing'],
  ['a b', 'not expected'],
  ['system("rm")', 'no function system()'],
  ['(a', 'missing'],
  ['a = b', 'not understood'],
  ['a && b', 'not understood'],
  ['`x`', 'not understood'],
  ['and', 'not expected'],
  ['not '.repeat(60) + 'a', 'nested too deeply'],
  ['('.repeat(200), 'nested too deeply'],
  ['a.b.c('.repeat(3), 'no function'],
  ['"\\q"', 'written as in JSON'],
  ['"a\nb"', 'written as in JSON'],
  ['x'.repeat(3_000), 'longer than'],
])('%s is refused', (text, reason) => {
  expect(() => parseExpression(text)).toThrow(ExpressionError);
  expect(() => parseExpression(text)).toThrow(reason);
});

test('whatever is parsed has a value, whatever the data', () => {
  const words = fc.constantFrom('and', 'or', 'not', '(', ')', '==', '<', 'contains', 'a.b', 'inputs.x', '1', '"t"', 'true', 'always()');
  fc.assert(
    fc.property(fc.array(words, { maxLength: 12 }), fc.jsonValue(), (parts, value) => {
      try {
        evaluate(parseExpression(parts.join(' ')), value);
      } catch (error) {
        expect(error).toBeInstanceOf(ExpressionError);
      }
    }),
    { seed: 20_261_124, numRuns: 2_000 },
  );
});

test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'])('%s is a name like any other, not a constant', (name) => {
  expect(parseExpression(name)).toMatchObject({ kind: 'name' });
  expect(evaluate(parseExpression(`not ${name}`), {})).not.toBe(true);
});

test('a text that is one expression keeps its type, others become text', () => {
  const rendered = (value: unknown): unknown => render(parseTemplate(value), data);
  expect(rendered('${{ inputs.count }}')).toBe(3);
  expect(rendered('${{ inputs.tags }}')).toEqual(['a', 'b']);
  expect(rendered('on ${{ inputs.host }}: ${{ steps.disk.output.disks }} ${{ inputs.none }}!')).toBe('on nas: [{"mount":"/"}] !');
  expect(rendered({ a: ['${{ inputs.on }}', 1], b: '$not {{ a }}' })).toEqual({ a: [true, 1], b: '$not {{ a }}' });
});

test('what comes out of an expression is never read as one again', () => {
  const template = parseTemplate('${{ inputs.evil }}');
  expect(render(template, { inputs: { evil: '${{ secrets.key }}' } })).toBe('${{ secrets.key }}');
});

test('a mistake says where it is', () => {
  expect(() => parseTemplate({ a: ['${{ 1 + 1 }}'] })).toThrow(TemplateError);
  try {
    parseTemplate({ a: ['ok', '${{ oops('] });
  } catch (error) {
    expect((error as TemplateError).path).toEqual(['a', 1]);
  }
});
