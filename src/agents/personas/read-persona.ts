import { ToolError } from '../../core/errors.ts';
import { readYaml, YamlFault, type Path, type Position } from '../../core/yaml-text.ts';
import { personaSchema, type Persona } from './persona-schema.ts';

interface Options {
  /** For errors, and the name that the file has to give. */
  name: string;
  isBuiltIn: boolean;
  /** Whether there is such a tool. */
  knows: (tool: string) => boolean;
}

const hint = 'docs/agents.md shows what the head of such a file may say; docs/schemas/agent.schema.json is for editors.';
const longestInstructions = 40_000;

/** Reads the text of `agents/<name>.md`: YAML between two lines of three dashes, and Markdown. Throws `invalid_input` with line and field. */
export function readPersona(text: string, { name, isBuiltIn, knows }: Options): Persona {
  const fault = (what: string, { line }: Pick<Position, 'line'>): ToolError =>
    new ToolError('invalid_input', `${name}.md, line ${line}: ${what.replaceAll(/\s+/g, ' ').slice(0, 240).replace(/\.$/, '')}.`, { hint });
  const parts = /^\uFEFF?---[ \t]*\r?\n([^]*?)\r?\n---[ \t]*(?:\r?\n([^]*))?$/.exec(text);
  if (!parts) throw fault('it does not begin with a head between two lines of ---', { line: 1 });
  const [, head = '', body = ''] = parts;
  // The head begins on the second line.
  const at = ({ line }: Position): Pick<Position, 'line'> => ({ line: line + 1 });
  const yaml = readHead(head, (error) => fault(error.message, at(error.at)));
  const parsed = personaSchema.safeParse(yaml.value ?? {});
  const wrong = (path: Path, what: string): ToolError => fault(`${path.join('.') || 'the head'}: ${what}`, at(yaml.positionOf(path)));
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const stranger = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
    throw wrong([...(issue.path as Path), ...stranger], issue.message);
  }
  const { data } = parsed;
  if (data.name !== name) throw wrong(['name'], `it is "${data.name}", and the file is called ${name}.md`);
  const unknown = data.tools.findIndex((tool) => isPlain(tool) && !knows(tool));
  if (unknown !== -1) throw wrong(['tools', unknown], `no tool is called ${data.tools[unknown]}`);
  if (data.without_model !== undefined && !data.tools.includes(data.without_model))
    throw wrong(['without_model'], 'it is not among its tools');
  const instructions = body.trim();
  const first = head.split('\n').length + 3;
  if (instructions === '') throw fault('there are no instructions below the head', { line: first });
  if (instructions.length > longestInstructions)
    throw fault(`the instructions are longer than ${longestInstructions} characters`, { line: first });
  return { ...data, instructions, isBuiltIn };
}

/** Tools of connected servers come and go. */
const isPlain = (tool: string): boolean => !tool.endsWith('*') && !tool.startsWith('mcp_');

function readHead(head: string, worded: (error: YamlFault) => ToolError): ReturnType<typeof readYaml> {
  try {
    return readYaml(head);
  } catch (error) {
    throw error instanceof YamlFault ? worded(error) : error;
  }
}
