import type { ToolFacts } from '../../core/tool-facts.ts';
import { commandOf, flagOf, positionalFields, schemaOf, type Property } from './flags.ts';

export const generalHelp = `claw — an agent server for the machines you run

  claw do "check the disk and memory of this machine and remember the result"
  claw do "…" --plan            show the plan, do nothing
  claw <noun> <verb> [--flags]  any tool: claw machine status, claw file read notes.txt
  claw call <tool> '<json>'     any tool, with its input as JSON, or - for stdin
  claw tools [words]            the tools, or those that fit the words
  claw undo <run or call>       take back what it changed
  claw stop --all | --release   end everything and keep it ended; let calls start again
  claw serve                    the daemon: HTTP on 127.0.0.1:8200, timers, recovery
  claw mcp                      MCP over stdio, for Claude Code, Claude Desktop, Codex, VS Code
  claw vault set <name>         keep a secret; its value is asked for, unseen
  claw vault reveal <name>      show a secret, to you at a terminal only
  claw config                   every setting, its value and where it comes from
  claw doctor                   what is missing, and how to get it

  --json         the result as JSON on stdout, an error as JSON on stderr
  --no-daemon    run in this process although a daemon is alive
  --help, --version

Exit codes: 0 done, 1 failed or unverified, 2 bad usage or configuration, 3 refused or waiting for you.`;

export function toolHelp(tool: ToolFacts): string {
  const schema = schemaOf(tool);
  const words = positionalFields(schema).map((field) => {
    const name = schema.properties[field]!.type === 'array' ? `${field}…` : field;
    return schema.required.includes(field) ? `<${name}>` : `[${name}]`;
  });
  const flags = Object.entries(schema.properties).map(([field, property]) =>
    `  ${`${flagOf(field)} ${kind(property)}`.padEnd(30)} ${note(property)}`.trimEnd(),
  );
  return [
    `${tool.title} (${tool.risk})`,
    tool.description,
    '',
    `  claw ${commandOf(tool.name)} ${words.slice(0, 3).join(' ')}`.trimEnd(),
    ...(flags.length > 0 ? ['', ...flags] : []),
    '',
    'In plain words:',
    ...tool.examples.slice(0, 4).map((example) => `  claw do ${JSON.stringify(example)}`),
  ].join('\n');
}

/** The commands of one noun; undefined where it has none. */
export function nounHelp(noun: string, tools: Pick<ToolFacts, 'name' | 'title'>[]): string | undefined {
  const found = tools.filter(({ name }) => name.startsWith(`${noun}_`));
  if (found.length === 0) return undefined;
  const lines = found.map(({ name, title }) => `  claw ${commandOf(name)}`.padEnd(30) + title);
  return [...lines.toSorted(), '', `claw ${commandOf(found[0]!.name)} --help shows its flags, and so with each.`].join('\n');
}

function kind({ type, enum: values, items }: Property): string {
  if (values) return values.join('|');
  if (type === 'boolean') return '';
  if (type === 'array') return `${items ? kind(items) : 'value'},…`;
  if (Array.isArray(type)) return 'string';
  return type === 'object' ? 'json' : (type ?? 'json');
}

function note({ description, default: initial }: Property): string {
  const value = initial === undefined ? '' : `(default ${typeof initial === 'string' ? initial : JSON.stringify(initial)})`;
  return [description, value].filter(Boolean).join(' ');
}
