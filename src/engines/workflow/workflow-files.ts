import { readdir, readFile, stat } from 'node:fs/promises';
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
  const ownText: WorkflowFiles['ownText'] = (name) => textIn(pathOf(name));
  return {
    pathOf,
    ownText,
    names: async () => [...new Set([...(await namesIn(folder)), ...(await namesIn(builtIn))])].toSorted(),
    find: async (name) => {
      const own = await ownText(name);
      const text = own ?? (await textIn(pathOf(name, builtIn)));
      return text === undefined ? undefined : { text, isBuiltIn: own === undefined };
    },
  };
}

const namesIn = async (folder: string): Promise<string[]> =>
  (await absent(readdir(folder), [] as string[]))
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .filter((name) => isName.test(name));

async function textIn(file: string): Promise<string | undefined> {
  const size = (await absent(stat(file), undefined))?.size;
  if (size !== undefined && size > longestBytes)
    throw new ToolError('too_large', `${path.basename(file)} is larger than a workflow may be.`, { hint: 'Is it a workflow at all?' });
  return absent<string | undefined>(readFile(file, 'utf8'), undefined);
}

async function absent<Found>(found: Promise<Found>, otherwise: Found): Promise<Found> {
  try {
    return await found;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return otherwise;
    throw error;
  }
}
