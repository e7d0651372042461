import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

/** Imports point down. A new arrow in this table is a decision, and gets its own commit. */
const mayImport: Record<string, string[]> = {
  main: ['app', 'server', 'tools'],
  'app-types': [],
  app: ['app-types', 'app-calls', 'agents', 'gate', 'tools', 'engines', 'durable', 'core'],
  'app-calls': ['app-types', 'agents', 'gate', 'tools', 'memory', 'engines', 'durable', 'core'],
  server: ['agents', 'gate', 'core'],
  agents: ['gate', 'durable', 'core'],
  gate: ['durable', 'core'],
  tools: ['core'],
  memory: ['core'],
  engines: ['durable', 'core'],
  durable: ['core'],
  core: [],
};

const source = path.join(import.meta.dirname, '..', 'src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const read = (file: string): string => readFileSync(path.join(source, file), 'utf8');
const roomOf = (file: string): string => path.normalize(file).split(path.sep)[0]!.replace(/\.ts$/, '');

/** Imports that are still there when the program runs: `import type` is free. */
function arrows(file: string): string[] {
  const found = read(file).matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?from\s+'(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm);
  return [...found].map((match) => path.join(path.dirname(file), match[1] ?? match[2]!));
}

test.each(files)('%s imports only from below', (file) => {
  const room = roomOf(file);
  const targets = arrows(file)
    .map(roomOf)
    .filter((target) => target !== room);
  expect(mayImport[room]).toEqual(expect.arrayContaining(targets));
});

test.each(files)('%s is named for what is inside, and short enough to read', (file) => {
  expect(path.basename(file)).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/);
  expect(path.basename(file)).not.toMatch(/utils?|helpers?|manager/);
  expect(read(file).split('\n').length).toBeLessThanOrEqual(300);
});

test.each(files.filter((file) => file !== 'main.ts'))('%s takes its settings as parts, and leaves stdout alone', (file) => {
  expect(read(file)).not.toContain('console.log');
  expect(read(file)).not.toContain('process.env');
});
