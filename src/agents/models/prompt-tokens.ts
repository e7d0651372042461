import type { ModelRequest } from './model-types.ts';

/** No tokenizer of ours knows every model: three characters a token is more than any needs for English or JSON. */
export const promptTokens = ({ system, messages, tools, schema }: Pick<ModelRequest, 'system' | 'messages' | 'tools' | 'schema'>): number =>
  Math.ceil(JSON.stringify([system, messages, tools, schema]).length / 3);
