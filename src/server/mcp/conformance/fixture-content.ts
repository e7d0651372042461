import type { CallToolResult, ContentBlock, InputRequiredResult, Tool } from '@modelcontextprotocol/server';
import type { ProtocolTool } from '../mcp-parts.ts';

/** One red pixel. */
export const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
/** A WAV header and no samples (8 kHz, mono, 8 bit). */
export const wav = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

export const text = (words: string): ContentBlock => ({ type: 'text', text: words });
export const said = (words: string): CallToolResult => ({ content: [text(words)] });

type Answer = CallToolResult | InputRequiredResult;

interface FixtureOptions {
  description?: string;
  inputSchema?: Tool['inputSchema'];
}

/** A fixture is named by the conformance suite; its behaviour is what the suite's own description asks for. */
export function fixture(
  name: string,
  call: (...args: Parameters<ProtocolTool['call']>) => Promise<Answer> | Answer,
  options: FixtureOptions = {},
): ProtocolTool {
  const { description = 'Conformance fixture.', inputSchema = { type: 'object', properties: {} } } = options;
  return { definition: { name, description, inputSchema }, call: async (args, ctx) => call(args, ctx) };
}
