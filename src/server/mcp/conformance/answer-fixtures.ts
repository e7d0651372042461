import { MissingRequiredClientCapabilityError, CLIENT_CAPABILITIES_META_KEY, type ServerContext } from '@modelcontextprotocol/server';
import { setTimeout as wait } from 'node:timers/promises';
import { progressSender } from '../progress.ts';
import type { ProtocolTool } from '../mcp-parts.ts';
import { fixture, png, said, text, wav } from './fixture-content.ts';

const image = { type: 'image' as const, data: png, mimeType: 'image/png' };

/** Kept by clients word for word: SEP-1613 and SEP-2106. */
const schema2020 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object' as const,
  $defs: { address: { $anchor: 'addressDef', type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } } },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

export const clientCapabilities = (ctx: ServerContext): Record<string, object | undefined> =>
  ((ctx.mcpReq.envelope as Record<string, unknown> | undefined)?.[CLIENT_CAPABILITIES_META_KEY] ?? {}) as Record<
    string,
    object | undefined
  >;

/** Fixtures that answer at once, with each kind of content, logging and progress. */
export const answerFixtures: ProtocolTool[] = [
  fixture('test_simple_text', () => said('This is a simple text response for testing.')),
  fixture('test_image_content', () => ({ content: [image] })),
  fixture('test_audio_content', () => ({ content: [{ type: 'audio', data: wav, mimeType: 'audio/wav' }] })),
  fixture('test_embedded_resource', () => ({
    content: [
      {
        type: 'resource',
        resource: { uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'This is an embedded resource content.' },
      },
    ],
  })),
  fixture('test_multiple_content_types', () => ({
    content: [
      text('Multiple content types test:'),
      image,
      {
        type: 'resource',
        resource: {
          uri: 'test://mixed-content-resource',
          mimeType: 'application/json',
          text: JSON.stringify({ test: 'data', value: 123 }),
        },
      },
    ],
  })),
  fixture('test_error_handling', () => ({ isError: true, content: [text('This tool intentionally returns an error for testing')] })),
  fixture('test_tool_with_logging', async (_args, ctx) => {
    for (const message of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await ctx.mcpReq.log('info', message);
      await wait(50);
    }
    return said('Logged three times.');
  }),
  fixture('test_logging_tool', async (_args, ctx) => {
    await ctx.mcpReq.log('info', 'Said only to those who asked for it');
    return said('Logged.');
  }),
  fixture('test_tool_with_progress', async (_args, ctx) => {
    const token = ctx.mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (token !== undefined)
        await ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken: token, progress, total: 100 } });
      await wait(50);
    }
    return said('Done in three steps.');
  }),
  fixture('test_reconnection', async (_args, ctx) => {
    const progress = progressSender(ctx);
    ctx.http?.closeSSE?.();
    await wait(100);
    await progress.finish();
    return said('The stream was closed and taken up again.');
  }),
  fixture('test_missing_capability', (_args, ctx) => {
    if (!clientCapabilities(ctx).sampling) throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { sampling: {} } });
    return said('The client can sample.');
  }),
  fixture('test_trigger_tool_change', () => said('The tools of a connection do not change.')),
  fixture('test_trigger_prompt_change', () => said('The prompts of a connection do not change.')),
  fixture('json_schema_2020_12_tool', (args) => said(JSON.stringify(args)), {
    description: 'Tool with JSON Schema 2020-12 features',
    inputSchema: schema2020,
  }),
];
