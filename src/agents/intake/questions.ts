import type { Tool } from '../../core/tool.ts';
import type { Candidate } from './candidates.ts';

/** What a person is asked where the planner would have to guess. */
export function whichTool(text: string, candidates: Candidate[]): string {
  const names = candidates.slice(0, 3).map(({ tool }) => `${tool.name} (${tool.title.toLowerCase()})`);
  if (names.length === 0) return `I know no tool for "${text}". Say it in other words, or name a tool (claw tools lists them).`;
  return `I am not sure what to use for "${text}". Name one — ${names.join(', ')} — or say it in other words, or give the command: run …`;
}

export function questionFor(tool: Tool, field: string, text: string): string {
  const asked: Record<string, string> = {
    path: 'Which file or folder',
    to: 'To where',
    url: 'Which address (URL)',
    id: 'Which id',
    text: 'What text',
    command: 'Which command',
    query: 'What shall I look for',
  };
  return `${asked[field] ?? `Which ${field}`}, for "${text}" (${tool.name})?`;
}
