import { ToolError } from '../../core/errors.ts';
import type { ToolCall } from '../../core/tool.ts';
import type { OutputPage } from '../../engines/output/output.ts';
import type { Gate } from '../../gate/gate-types.ts';
import type { Reader, ResourceBook } from './mcp-parts.ts';

interface Template {
  uriTemplate: string;
  name: string;
  description: string;
  variable: string;
  /** The call that reads one. */
  read: (value: string) => ToolCall;
  /** The call that knows the values there are, where they can be listed. */
  known?: ToolCall & { values: (output: never) => unknown[] };
  /** The part of the output that is Markdown, where it is no JSON. */
  markdown?: (output: never) => string;
}

/** Whatever has an `id` or `seq`. */
const listed = (tool: string, key: 'id' | 'seq'): Template['known'] => ({
  tool,
  input: { limit: 100 },
  values: ({ items }: { items: Record<string, unknown>[] }) => items.map((item) => item[key]),
});

const templates: Template[] = [
  {
    uriTemplate: 'claw://runs/{id}',
    name: 'run',
    description: 'A run with its steps and evidence',
    variable: 'id',
    read: (id) => ({ tool: 'run_show', input: { id } }),
    known: listed('run_list', 'id'),
  },
  {
    uriTemplate: 'claw://memories/{id}',
    name: 'memory',
    description: 'One memory',
    variable: 'id',
    read: (id) => ({ tool: 'memory_show', input: { id } }),
    known: listed('memory_list', 'id'),
  },
  {
    uriTemplate: 'claw://namespaces/{namespace}',
    name: 'memories of a namespace',
    description: 'The newest memories of a namespace or project',
    variable: 'namespace',
    read: (namespace) => ({ tool: 'memory_list', input: { namespace } }),
    known: { tool: 'memory_stats', input: {}, values: ({ byNamespace }: { byNamespace: object }) => Object.keys(byNamespace) },
  },
  {
    uriTemplate: 'claw://context/{request}',
    name: 'memories for a request',
    description: 'What is remembered that matters for a request, with sources; what came from outside is marked',
    variable: 'request',
    read: (request) => ({ tool: 'memory_context', input: { request } }),
    markdown: ({ text }: { text: string }) => text,
  },
  {
    uriTemplate: 'claw://audit/{seq}',
    name: 'audit row',
    description: 'One row of the audit log',
    variable: 'seq',
    read: (seq) => ({ tool: 'audit_show', input: { seq: Number(seq) } }),
    known: listed('audit_tail', 'seq'),
  },
];
const outputs = {
  uriTemplate: 'claw://outputs/{callId}{?offset}',
  name: 'output',
  description: 'An output that was too long for its result',
};

/** claw's resources, each read with the tool that reads the same thing. */
export function createResourceBook({ gate }: { gate: Gate }): ResourceBook {
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
      { uri: 'claw://memories/latest', name: 'memories', description: 'The newest memories', mimeType: 'application/json' },
    ],
    templates: () =>
      [...templates, outputs].map(({ uriTemplate, name, description, ...more }) => ({
        uriTemplate,
        name,
        description,
        mimeType: 'markdown' in more ? 'text/markdown' : 'application/json',
      })),
    read: async (uri, reader) => {
      if (uri === 'claw://status') return json(uri, await call(reader, 'status_show', {}));
      if (uri === 'claw://audit/latest') return json(uri, await call(reader, 'audit_tail', {}));
      if (uri === 'claw://runs/latest') return json(uri, await call(reader, 'run_list', { limit: 20 }));
      if (uri === 'claw://memories/latest') return json(uri, await call(reader, 'memory_list', { limit: 20 }));
      const { noun, value, offset } = partsOf(uri);
      if (noun === 'outputs' && value !== undefined && /^\w+$/.test(value)) {
        const readPage = (from: number): Promise<unknown> => call(reader, 'output_read', { callId: value, offset: from });
        return readOutput(uri, { offset: Number(offset ?? 0), readPage }).catch(absent);
      }
      const template = templates.find((one) => one.uriTemplate.startsWith(`claw://${noun}/`));
      if (!template || value === undefined || value === '') return undefined;
      const { tool, input } = template.read(value);
      const { markdown } = template;
      return call(reader, tool, input).then(
        (output) => (markdown ? [{ uri, mimeType: 'text/markdown', text: markdown(output as never) }] : json(uri, output)),
        absent,
      );
    },
    complete: async (uriTemplate, variable, value, reader) => {
      const { known } = templates.find((one) => one.uriTemplate === uriTemplate && one.variable === variable) ?? {};
      if (!known) return [];
      const output = await call(reader, known.tool, known.input);
      return known
        .values(output as never)
        .map(String)
        .filter((one) => one.startsWith(value));
    },
  };
}

/** Of `claw://noun/value`, the value percent-decoded (RFC 6570, simple expansion). */
function partsOf(uri: string): { noun?: string; value?: string; offset?: string } {
  const [, noun, value = '', offset] = /^claw:\/\/(\w+)\/([\w.~%-]+)(?:\?offset=(\d{1,13}))?$/.exec(uri) ?? [];
  try {
    return { noun, value: decodeURIComponent(value), offset };
  } catch {
    return {};
  }
}

function absent(error: unknown): undefined {
  if (error instanceof ToolError && (error.code === 'not_found' || error.code === 'invalid_input')) return undefined;
  throw error;
}

/** Pages that one reading returns at most: about 250 kB. */
const mostPages = 32;

interface OutputReading {
  offset: number;
  readPage: (offset: number) => Promise<unknown>;
}

/** Page after page, each a call of its own; what is left after the last one is named by its URI. */
async function readOutput(uri: string, { offset, readPage }: OutputReading): Promise<{ uri: string; mimeType: string; text: string }[]> {
  let text = '';
  let next: number | undefined = offset;
  let isJson = offset === 0;
  for (let count = 0; next !== undefined && count < mostPages; count += 1) {
    const page = (await readPage(next)) as OutputPage;
    text += page.text;
    isJson &&= page.format === 'json';
    next = page.nextOffset;
  }
  const rest = next === undefined ? '' : `\n… [more in ${uri.split('?')[0]}?offset=${next}]`;
  return [{ uri, mimeType: isJson && rest === '' ? 'application/json' : 'text/plain', text: text + rest }];
}
