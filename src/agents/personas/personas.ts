import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { systemCode, ToolError } from '../../core/errors.ts';
import type { Persona } from './persona-schema.ts';

export interface PersonaBrief {
  name: string;
  description: string;
  isBuiltIn: boolean;
  /** Why it cannot be used. */
  problem?: string;
  persona?: Persona;
}

/** The files `agents/<name>.md`: the owner's stand before those that come with claw. A broken one is never used in part. */
export interface Personas {
  /** Sorted by name; a file that cannot be read says why. */
  list(): Promise<PersonaBrief[]>;
  /** Throws `not_found`, and `invalid_input` for a broken one, with its line. */
  load(name: string): Promise<Persona>;
}

export interface PersonaParts {
  /** The owner's. */
  folder: string;
  builtIn: string;
  /** Whether there is such a tool. */
  knows: (tool: string) => boolean;
}

const longestBytes = 100_000;
const isName = /^[a-z][a-z0-9-]{0,39}$/;

export function createPersonas({ folder, builtIn, knows }: PersonaParts): Personas {
  const load: Personas['load'] = async (name) => {
    const own = isName.test(name) ? textIn(path.join(folder, `${name}.md`)) : undefined;
    const text = own ?? (isName.test(name) ? textIn(path.join(builtIn, `${name}.md`)) : undefined);
    if (text === undefined)
      throw new ToolError('not_found', 'There is no agent of that name.', { hint: 'agent_list shows which there are.' });
    // The reader of YAML is loaded with the first that needs it.
    const { readPersona } = await import('./read-persona.ts');
    return readPersona(text, { name, isBuiltIn: own === undefined, knows });
  };
  return {
    load,
    list: async () => {
      const own = namesIn(folder);
      const names = [...new Set([...own, ...namesIn(builtIn)])].toSorted();
      return Promise.all(names.map((name) => brief(name, { load, isBuiltIn: !own.includes(name) })));
    },
  };
}

async function brief(name: string, { load, isBuiltIn }: { load: Personas['load']; isBuiltIn: boolean }): Promise<PersonaBrief> {
  try {
    const persona = await load(name);
    return { name, description: persona.description, isBuiltIn, persona };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return { name, description: '', isBuiltIn, problem: error.message };
  }
}

/** Throws `invalid_input` for what is no plain, small file. */
function textIn(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) return undefined;
  if (found.isFile() && found.size <= longestBytes) return readFileSync(file, 'utf8');
  throw new ToolError('invalid_input', `${path.basename(file)}, line 1: it is no plain file of at most ${longestBytes} bytes.`, {
    hint: 'docs/agents.md shows what such a file looks like.',
  });
}

function namesIn(folder: string): string[] {
  try {
    const files = readdirSync(folder).filter((file) => file.endsWith('.md'));
    return files.map((file) => file.slice(0, -3)).filter((name) => isName.test(name));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
