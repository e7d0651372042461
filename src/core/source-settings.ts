import { z } from 'zod';
import { secretText } from './secret.ts';

/** Where the published schema is, for editors and error messages. */
export const sourceSchemaFile = 'docs/schemas/mcp.schema.json';

export const sourceName = z.string().regex(/^[A-Za-z0-9][\w.-]{0,49}$/, 'is letters, digits, dots, dashes and underscores, as github');

const text = (longest = 4_096): z.ZodString => z.string().min(1).max(longest);
const texts = () => z.record(z.string().min(1).max(200), secretText(100_000));

const toolSettings = () =>
  z.strictObject({
    risk: z.enum(['read', 'write', 'destructive']).optional().describe('In place of what its annotations say'),
    effects: z
      .strictObject({ readsPrivate: z.boolean().optional(), sends: z.boolean().optional(), persists: z.boolean().optional() })
      .optional()
      .describe('What it does beyond its result, where that is known better'),
    deny: z.boolean().optional().describe('It is neither shown nor called'),
    examples: z.array(text(200)).max(20).optional().describe('Sentences a person says to want it: they lead requests to it'),
  });

/** How to reach one server: the shape that MCP clients share, and under `claw` what only claw knows. */
export const sourceShape = () => ({
  type: z.enum(['stdio', 'http', 'streamable-http', 'sse']).optional().describe('Told by command or url where it is absent'),
  command: text().optional().describe('Program of a server that speaks over its standard streams'),
  args: z.array(z.string().max(8_000)).max(200).optional(),
  env: texts().optional().describe('All that it gets beside PATH and HOME; a value may be {"$secret": name} or ${VAR}'),
  cwd: text().optional().describe('The folder it starts in; the home folder if absent'),
  url: text(2_000).optional().describe('Address of a server that speaks Streamable HTTP, or the older SSE with type: sse'),
  headers: texts().optional().describe('A value may be {"$secret": name, "prefix": "Bearer "} or ${VAR}'),
  disabled: z.boolean().optional(),
  claw: z
    .strictObject({
      sandbox: z.boolean().optional().describe("Out of sight of claw's own data; where nothing is said, if a sandbox can start here"),
      startSeconds: z.number().int().min(1).max(600).optional().describe('How long it may take to be ready; 60 if absent'),
      idleSeconds: z.number().int().min(1).max(86_400).optional().describe('How long it is kept that nobody uses; 300 if absent'),
      timeoutSeconds: z.number().int().min(1).max(3_600).optional().describe('Of each call; 60 if absent'),
      tools: z.record(z.string().min(1).max(200), toolSettings()).optional().describe('By the name that the server gives its tool, or *'),
    })
    .optional(),
});

type Way = Partial<Record<'type' | 'command' | 'url', string | undefined>>;

/** Either a program or an address, and a type that fits it. */
export const withOneWay = <Schema extends z.ZodType<Way>>(schema: Schema): Schema =>
  schema
    .refine(({ command, url }) => (command === undefined) !== (url === undefined), {
      message: 'give either command or url',
      path: ['command'],
    })
    .refine(({ url }) => url === undefined || url.includes('${') || /^https?:$/.test(URL.parse(url)?.protocol ?? ''), {
      message: 'is an address that begins with http:// or https://',
      path: ['url'],
    })
    .refine(({ type, url }) => type === undefined || (type === 'stdio') === (url === undefined), {
      message: 'stdio goes with command, the others with url',
      path: ['type'],
    });

const server = () => withOneWay(z.strictObject(sourceShape()));

const fileSchema = () =>
  z.strictObject({
    $schema: z.string().max(1_000).optional(),
    mcpServers: z.record(sourceName, server()).default({}).describe('MCP servers whose tools claw may use, by name'),
  });

let made: ReturnType<typeof fileSchema> | undefined;

/** mcp.json. Made when it is first needed: most have no such file. */
export const sourcesSchema = (): ReturnType<typeof fileSchema> => (made ??= fileSchema());

export type SourceSettings = z.output<ReturnType<typeof fileSchema>>['mcpServers'][string];
export type SourceToolSettings = z.output<ReturnType<typeof toolSettings>>;
