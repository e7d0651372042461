import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { jsonSchema, riskCeiling, type Tool } from '../src/core/tool.ts';
import { factsOf } from '../src/core/tool-facts.ts';
import { listedTool, shownTools } from '../src/server/mcp/tool-list.ts';
import { toolFacts } from '../src/tools/facts.ts';
import { tools } from '../src/tools/index.ts';

const each = tools.map((tool): [string, Tool] => [tool.name, tool]);
const fieldsOf = (tool: Tool): string[] => (tool.input instanceof z.ZodObject ? Object.keys(tool.input.shape) : []);

test('names are unique', () => {
  expect(new Set(tools.map((tool) => tool.name)).size).toBe(tools.length);
});

test.each(each)('%s is named noun_verb, says what it does, and is asked for in 5 to 20 ways', (name, tool) => {
  expect(name).toMatch(/^[a-z]+(?:_[a-z]+)+$/);
  expect(name.length).toBeLessThanOrEqual(40);
  expect(tool.description.length).toBeGreaterThan(5);
  expect(tool.title.length).toBeGreaterThan(3);
  expect(tool.examples.length).toBeGreaterThanOrEqual(5);
  expect(tool.examples.length).toBeLessThanOrEqual(20);
});

test.each(each)('%s has an object for input and output, and all four annotations', (_name, tool) => {
  const { inputSchema, outputSchema, annotations } = listedTool(factsOf(tool));
  expect([inputSchema.type, outputSchema?.type]).toEqual(['object', 'object']);
  expect(Object.keys(annotations ?? {}).toSorted()).toEqual(['destructiveHint', 'idempotentHint', 'openWorldHint', 'readOnlyHint']);
});

test.each(each)('%s fills, words and marks only fields that it has', (_name, tool) => {
  const named = [...Object.keys(tool.slots ?? {}), ...Object.keys(tool.words ?? {}), ...(tool.dataFields ?? []), ...(tool.paths ?? [])];
  expect(fieldsOf(tool)).toEqual(expect.arrayContaining(named));
});

test.each(each)('%s has a schema that does not bloat', (_name, tool) => {
  const text = JSON.stringify(jsonSchema(tool.input, 'input'));
  expect(text).not.toContain('9007199254740991');
  expect(text).not.toContain('anyOf');
});

test.each(each.filter(([, tool]) => riskCeiling(tool) === 'write' && tool.name !== 'approval_answer'))(
  '%s, a write, can show that it happened',
  (_name, tool) => {
    expect(tool.verify).toBeDefined();
  },
);

test.each(each)('%s is published as its golden file says; run npm run gen where the change is meant', (name, tool) => {
  const golden = JSON.parse(readFileSync(path.join(import.meta.dirname, 'golden', 'tools', `${name}.json`), 'utf8')) as object;
  const { title, description } = tool;
  expect({
    name,
    title,
    description,
    risk: riskCeiling(tool),
    input: jsonSchema(tool.input, 'input'),
    output: jsonSchema(tool.output, 'output'),
  }).toEqual(golden);
});

test('lists are made of what the tools say of themselves; run npm run gen where they have changed', () => {
  expect(toolFacts).toEqual(tools.map(factsOf).toSorted((a, b) => (a.name < b.name ? -1 : 1)));
});

test('the default list costs at most 25 tools and 4,000 tokens', () => {
  const shown = shownTools(toolFacts, { toolsets: ['core'], readOnly: false });
  const tokens = shown
    .map(listedTool)
    .reduce((sum, { name, description = '', inputSchema }) => sum + (name + description + JSON.stringify(inputSchema)).length / 4, 0);
  expect(shown.length).toBeLessThanOrEqual(25);
  expect(tokens).toBeLessThanOrEqual(4_000);
});

test('whoever changes files does it where the gate has judged that they lead', () => {
  const folder = path.join(import.meta.dirname, '..', 'src', 'tools');
  const changing = /\.files\s*\.(write|edit|move|copy|delete|restore|makeFolder|removeFolder)\((?!ctx\.led\()/;
  for (const name of readdirSync(folder))
    expect([name, changing.exec(readFileSync(path.join(folder, name), 'utf8'))?.[0]]).toEqual([name, undefined]);
  const writers = tools.filter(({ writes }) => writes).map(({ name }) => name);
  expect(writers).toEqual(expect.arrayContaining(['file_write', 'file_move', 'folder_create', 'memory_export']));
});
