import { expect, test } from 'vitest';
import { toolName } from '../../../src/engines/sources/tool-names.ts';

test('a plain name is mcp_<server>_<tool>', () => {
  expect(toolName('github', 'create_issue', ['github', 'notes'])).toBe('mcp_github_create_issue');
});

test.each([
  ['git-hub', 'create_issue'],
  ['github', 'create.issue'],
  ['github', 'a_tool_with_a_name_that_is_much_too_long_for_a_client'],
  ['a_b', 'c'],
  ['github', 'каталог'],
])('what does not fit ends in a digest: %s, %s', (source, tool) => {
  const name = toolName(source, tool, ['a', source]);
  expect(name).toMatch(/^mcp_[A-Za-z0-9_]+_[0-9a-f]{8}$/);
  expect(name.length).toBeLessThanOrEqual(40);
});

test('two tools never share a name', () => {
  const sources = ['a', 'a_b', 'a-b', 'a.b', 'aB'];
  const tools = ['c', 'b_c', 'b-c', 'b.c', 'b c', `${'x'.repeat(60)}1`, `${'x'.repeat(60)}2`];
  const names = sources.flatMap((source) => tools.map((tool) => toolName(source, tool, sources)));
  expect(new Set(names).size).toBe(names.length);
});
