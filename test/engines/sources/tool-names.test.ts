import { expect, test } from 'vitest';
import { toolName } from '../../../src/engines/sources/tool-names.ts';

const alone = (source: string, tool: string): string => toolName(source, tool, { sources: [source], tools: [tool] });

test('a name is mcp_<server>_<tool>, in letters, digits and underscores', () => {
  expect(alone('github', 'create_issue')).toBe('mcp_github_create_issue');
  expect(alone('git-hub', 'create.issue')).toBe('mcp_git_hub_create_issue');
});

test('what is too long ends in a digest', () => {
  const name = alone('github', 'a_tool_with_a_name_that_is_much_too_long');
  expect(name).toMatch(/^mcp_github_a_tool_with_a_name_t_[0-9a-f]{8}$/);
  expect(name.length).toBeLessThanOrEqual(40);
});

test('two tools never share a name, and which has the plain one does not depend on their order', () => {
  const sources = ['a', 'a_b', 'a-b', 'a.b', 'aB', 'x-y', 'x.y'];
  const tools = ['c', 'b_c', 'b-c', 'b.c', 'b c', `${'x'.repeat(60)}1`, `${'x'.repeat(60)}2`, 'каталог'];
  const named = (by: <T>(list: T[]) => T[]): string[] =>
    sources.flatMap((source) => tools.map((tool) => toolName(source, tool, { sources: by(sources), tools: by(tools) })));
  const names = named((list) => list);
  expect(new Set(names).size).toBe(names.length);
  expect(named((list) => list.toReversed())).toEqual(names);
  for (const name of names) expect(name).toMatch(/^mcp_\w{1,36}$/);
  expect(toolName('a', 'b_c', { sources, tools })).toBe('mcp_a_b_c');
});
