import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ToolError } from '../../core/errors.ts';
import type { Redactor } from '../../core/redact.ts';
import type { Gate } from '../../gate/gate-types.ts';
import type { Taints } from '../../gate/taint.ts';
import type { Reader, ResourceBook } from './mcp-parts.ts';

interface Template {
  uriTemplate: string;
  name: string;
  description: string;
  variable: string;
  /** The call that reads one. */
  read: (value: string) => { tool: string; input: unknown };
  /** The call whose items are the values there are, by their `id` or `seq`. */
  list: { tool: string; key: 'id' | 'seq' };
}

const templates: Template[] = [
  {
    uriTemplate: 'claw://runs/{id}',
    name: 'run',
    description: 'A run with its steps and evidence',
    variable: 'id',
    read: (id) => ({ tool: 'run_show', input: { id } }),
    list: { tool: 'run_list', key: 'id' },
  },
  {
    uriTemplate: 'claw://memories/{id}',
    name: 'memory',
    description: 'One memory',
    variable: 'id',
    read: (id) => ({ tool: 'memory_show', input: { id } }),
    list: { tool: 'memory_list', key: 'id' },
  },
  {
    uriTemplate: 'claw://audit/{seq}',
    name: 'audit row',
    description: 'One row of the audit log',
    variable: 'seq',
    read: (seq) => ({ tool: 'audit_show', input: { seq: Number(seq) } }),
    list: { tool: 'audit_tail', key: 'seq' },
  },
];
const outputs = { uriTemplate: 'claw://outputs/{callId}', name: 'output', description: 'The whole of an output that was cut' };

export interface ResourceParts {
  gate: Gate;
  /** Holds outputs that were cut. */
  outputsFolder: string;
  /** A secret may have become known after an output was kept. */
  redactor: Pick<Redactor, 'value'>;
  taints: Pick<Taints, 'mark'>;
}

/** claw's resources, each read with the tool that reads the same thing. */
export function createResourceBook({ gate, outputsFolder, redactor, taints }: ResourceParts): ResourceBook {
  const json = (uri: string, value: unknown): { uri: string; mimeType: string; text: string }[] => [
    { uri, mimeType: 'application/json', text: JSON.stringify(value, null, 1) },
  ];
  const call = async ({ caller, session }: Reader, tool: string, input: unknown): Promise<unknown> =>
    (await gate.call(caller, tool, input, { session })).output;
  return {
    list: () => [
      { uri: 'claw://status', name: 'status', description: 'How claw is', mimeType: 'application/json' },
      { uri: 'claw://audit/latest', name: 'audit', description: 'The newest audit rows', mimeType: 'application/json' },
      { uri: 'claw://runs/latest', name: 'runs', description: 'The newest runs', mimeType: 'application/json' },
    ],
    templates: () =>
      [...templates, outputs].map(({ uriTemplate, name, description }) => ({
        uriTemplate,
        name,
        description,
        mimeType: 'application/json',
      })),
    read: async (uri, reader) => {
      if (uri === 'claw://status') return json(uri, await call(reader, 'status_show', {}));
      if (uri === 'claw://audit/latest') return json(uri, await call(reader, 'audit_tail', {}));
      if (uri === 'claw://runs/latest') return json(uri, await call(reader, 'run_list', { limit: 20 }));
      const [, noun, value] = /^claw:\/\/(\w+)\/(\w+)$/.exec(uri) ?? [];
      if (noun === 'outputs' && value !== undefined) {
        // Nobody knows any more what the call had read whose output it is.
        taints.mark(reader.session, { readsUntrusted: true, readsPrivate: true });
        return wholeOutput(uri, { file: path.join(outputsFolder, `${value}.json`), redactor });
      }
      const template = templates.find((one) => one.uriTemplate.startsWith(`claw://${noun}/`));
      if (!template || value === undefined) return undefined;
      const { tool, input } = template.read(value);
      return call(reader, tool, input).then((output) => json(uri, output), absent);
    },
    complete: async (uriTemplate, variable, value, reader) => {
      const template = templates.find((one) => one.uriTemplate === uriTemplate && one.variable === variable);
      if (!template) return [];
      const { items } = (await call(reader, template.list.tool, { limit: 100 })) as { items: Record<string, unknown>[] };
      return items.map((item) => String(item[template.list.key])).filter((known) => known.startsWith(value));
    },
  };
}

function absent(error: unknown): undefined {
  if (error instanceof ToolError && (error.code === 'not_found' || error.code === 'invalid_input')) return undefined;
  throw error;
}

// The name has letters, digits and underscores only, so it stays inside its folder.
async function wholeOutput(
  uri: string,
  { file, redactor }: { file: string; redactor: ResourceParts['redactor'] },
): Promise<{ uri: string; mimeType: string; text: string }[] | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  return [{ uri, mimeType: 'application/json', text: JSON.stringify(redactor.value(JSON.parse(text) as unknown)) }];
}
