import { readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { systemCode, ToolError } from '../../core/errors.ts';

interface Folders {
  /** The owner's. */
  folder: string;
  builtIn: string;
}

/** Where workflows lie. It does not read what they say. */
interface WorkflowFiles {
  pathOf(name: string): string;
  /** Of both folders, sorted. */
  names(): Promise<string[]>;
  /** The owner's stands before a built-in one. */
  find(name: string): Promise<{ text: string; isBuiltIn: boolean } | undefined>;
  ownText(name: string): Promise<string | undefined>;
}

const ending = '.yaml';
const isName = /^[A-Za-z][\w-]{0,59}$/;
const longestBytes = 1_000_000;

export function createWorkflowFiles({ folder, builtIn }: Folders): WorkflowFiles {
  const pathOf = (name: string, inFolder = folder): string => path.join(inFolder, `${name}${ending}`);
  const ownText: WorkflowFiles['ownText'] = async (name) => textIn(pathOf(name));
  return {
    pathOf,
    ownText,
    names: async () => [...new Set([...(await namesIn(folder)), ...(await namesIn(builtIn))])].toSorted(),
    find: async (name) => {
      const own = await ownText(name);
      const text = own ?? textIn(pathOf(name, builtIn));
      return text === undefined ? undefined : { text, isBuiltIn: own === undefined };
    },
  };
}

const namesIn = async (folder: string): Promise<string[]> =>
  (await absent(readdir(folder), [] as string[]))
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .filter((name) => isName.test(name));

/** At once: for a small file the way through the thread pool takes several times as long as the reading. */
function textIn(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) return undefined;
  const refused = (code: 'too_large' | 'invalid_input', what: string): ToolError =>
    new ToolError(code, `${path.basename(file)} is ${what}.`, { hint: 'Is it a workflow at all?' });
  if (!found.isFile()) throw refused('invalid_input', 'no plain file');
  if (found.size > longestBytes) throw refused('too_large', 'larger than a workflow may be');
  return readFileSync(file, 'utf8');
}

async function absent<Found>(found: Promise<Found>, otherwise: Found): Promise<Found> {
  try {
    return await found;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return otherwise;
    throw error;
  }
}
