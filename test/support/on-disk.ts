import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** Everything that stands in the files of a data folder, as one text. */
export function onDisk(home: string): string {
  const files = readdirSync(home, { recursive: true, encoding: 'utf8' }).map((name) => path.join(home, name));
  return files
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true)
    .map((file) => readFileSync(file, 'latin1'))
    .join('\n');
}
