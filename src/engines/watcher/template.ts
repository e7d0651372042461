import path from 'node:path';
import { ToolError } from '../../core/errors.ts';
import type { FileEvent } from '../../core/watcher-rule.ts';

/** What happened to a file. `sha256` and `size` are of the content that is there, or that was last seen of a deleted file. */
export interface Occurrence {
  event: FileEvent;
  path: string;
  /** The watched folder. */
  root: string;
  size: number;
  sha256: string;
  /** Of a moved file: where it was. */
  from?: string;
}

const values = {
  event: ({ event }) => event,
  'file.path': (file) => file.path,
  'file.name': (file) => path.basename(file.path),
  'file.stem': (file) => path.parse(file.path).name,
  'file.extension': (file) => path.extname(file.path).slice(1),
  'file.folder': (file) => path.dirname(file.path),
  'file.relative': (file) => path.relative(file.root, file.path),
  'file.from': ({ from }) => from ?? '',
  'file.size': ({ size }) => String(size),
  'file.sha256': ({ sha256 }) => sha256,
} satisfies Record<string, (file: Occurrence) => string>;

type ValueName = keyof typeof values;

const hole = /\$\{\{([^{}]*)\}\}/g;
const isName = (name: string): name is ValueName => Object.hasOwn(values, name);

/** The values that a text takes. Throws `invalid_input` for a name that is none, and for a `${{` that does not close. */
export function namesIn(text: string): ValueName[] {
  if (text.replace(hole, '').includes('${{')) throw unknown('it is not closed with }}');
  return [...text.matchAll(hole)].map(([, inside = '']) => {
    const name = inside.trim();
    if (isName(name)) return name;
    throw unknown(`${JSON.stringify(name.slice(0, 60))} is no value`);
  });
}

const unknown = (what: string): ToolError =>
  new ToolError('invalid_input', `A \${{ … }} is wrong: ${what}.`, { hint: `Values are: ${Object.keys(values).join(', ')}.` });

/** Puts the values in, in every text below `value`. What is put in is not looked at again. */
export function filled<Value>(value: Value, file: Occurrence): Value {
  return mapTexts(value, (text) => text.replace(hole, (_whole, name: string) => values[name.trim() as ValueName](file))) as Value;
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, change)]));
}
