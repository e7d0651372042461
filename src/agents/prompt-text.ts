import { readFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.join(import.meta.dirname, '..', '..', 'prompts', 'agent');

/** The text of `prompts/agent/<name>.md`, with each `{{value}}` filled in. */
export function promptText(name: string, values: Record<string, string | number> = {}): string {
  const text = readFileSync(path.join(folder, `${name}.md`), 'utf8').trim();
  return text.replace(/\{\{(\w+)\}\}/g, (_found, key: string) => String(values[key] ?? ''));
}
