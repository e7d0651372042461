import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { ToolError } from '../../core/errors.ts';
import { canonicalJson, parsedJson } from '../../core/json.ts';
import type { Redactor } from '../../core/redact.ts';
import type { LinkResult } from './link.ts';

/** What a call of another server's tool gives. All of it is data that someone else wrote. */
export const sourceOutput = z.object({
  text: z.string(),
  data: z.unknown().optional().describe('The structured result, where there is one'),
  files: z
    .array(z.object({ type: z.string(), mimeType: z.string(), bytes: z.number(), file: z.string() }))
    .optional()
    .describe('Images and other content that is no text'),
  links: z.array(z.object({ uri: z.string(), name: z.string() })).optional(),
});

export type SourceOutput = z.output<typeof sourceOutput>;

export interface ResultParts {
  /** Where content goes that is no text. */
  outputs: string;
  redactor: Pick<Redactor, 'value'>;
}

interface Named {
  source: string;
  tool: string;
  callId: string;
}

/** Throws `failed` where the server says so; its words are then kept as an output of the call, for they are no words of ours. */
export function resultOf(result: LinkResult, named: Named, parts: ResultParts): SourceOutput {
  const output = outputOf(result, named, parts);
  if (result.isError !== true) return output;
  keep(parts.outputs, `${named.callId}.json`, JSON.stringify(parts.redactor.value(output)));
  throw new ToolError('failed', `${named.tool} of the MCP server ${named.source} says that it failed.`, {
    hint: `Its own words, as data: output_read with callId ${named.callId}.`,
  });
}

type Content = LinkResult['content'][number];

function outputOf({ content, structuredContent }: LinkResult, { callId }: Named, { outputs }: ResultParts): SourceOutput {
  const text = content.flatMap(textIn).join('\n');
  const files = content.flatMap((item, index) => fileIn(item, { outputs, name: `${callId}-${index + 1}` }));
  const links = content.flatMap((item) => (item.type === 'resource_link' ? [{ uri: item.uri, name: item.name }] : []));
  return {
    // Servers repeat the structured result as text for older clients.
    text: structuredContent !== undefined && isSame(text, structuredContent) ? '' : text,
    ...(structuredContent !== undefined && { data: structuredContent }),
    ...(files.length > 0 && { files }),
    ...(links.length > 0 && { links }),
  };
}

function textIn(item: Content): string[] {
  if (item.type === 'text') return [item.text];
  return item.type === 'resource' && 'text' in item.resource ? [item.resource.text] : [];
}

function fileIn(item: Content, { outputs, name }: { outputs: string; name: string }): NonNullable<SourceOutput['files']> {
  const found =
    item.type === 'image' || item.type === 'audio'
      ? { data: item.data, mimeType: item.mimeType }
      : item.type === 'resource' && 'blob' in item.resource
        ? { data: item.resource.blob, mimeType: item.resource.mimeType ?? 'application/octet-stream' }
        : undefined;
  if (!found) return [];
  const bytes = Buffer.from(found.data, 'base64');
  const ending = /^[a-z]+\/([a-z0-9]{1,8})$/.exec(found.mimeType)?.[1] ?? 'bin';
  const file = keep(outputs, `${name}.${ending}`, bytes);
  return [{ type: item.type, mimeType: found.mimeType.slice(0, 100), bytes: bytes.length, file }];
}

const isSame = (text: string, data: unknown): boolean => {
  const parsed = parsedJson(text);
  return parsed !== undefined && canonicalJson(parsed) === canonicalJson(data);
};

function keep(folder: string, name: string, data: string | Uint8Array): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, name);
  writeFileSync(file, data, { mode: 0o600 });
  return file;
}
