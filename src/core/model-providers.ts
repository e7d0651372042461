import { z } from 'zod';

/** Providers of language models that have one key and one address each, by the word that names of their models begin with. */
export const modelProviders = {
  google: { title: 'the Gemini API', url: 'https://generativelanguage.googleapis.com/v1beta' },
  mistral: { title: 'the Mistral API', url: 'https://api.mistral.ai/v1' },
  groq: { title: 'the Groq API', url: 'https://api.groq.com/openai/v1' },
  xai: { title: 'the xAI API', url: 'https://api.x.ai/v1' },
  deepseek: { title: 'the DeepSeek API', url: 'https://api.deepseek.com/v1' },
  openrouter: { title: 'OpenRouter', url: 'https://openrouter.ai/api/v1' },
} as const;

export type ModelProvider = keyof typeof modelProviders;

export const isModelProvider = (word: string): word is ModelProvider => Object.hasOwn(modelProviders, word);

/** All words that the name of a model may begin with. */
export const modelNameStarts = ['anthropic', 'openai', 'ollama', 'claude-cli', ...Object.keys(modelProviders)];

interface Setting<Schema> {
  schema: Schema;
  help: string;
  guarded: boolean;
}

type ProviderSettings = {
  [Name in ModelProvider as `${Uppercase<Name>}_API_KEY`]: Setting<z.ZodDefault<z.ZodString>> & { secret: true };
} & {
  [Name in ModelProvider as `${Uppercase<Name>}_BASE_URL`]: Setting<z.ZodDefault<z.ZodURL>>;
};

/** A key and an address for each, as in `GOOGLE_API_KEY` and `GOOGLE_BASE_URL`. */
export const providerSettings = Object.fromEntries(
  Object.entries(modelProviders).flatMap(([name, { title, url }]) => [
    [`${name.toUpperCase()}_API_KEY`, { schema: z.string().default(''), help: `Key of ${title}`, secret: true, guarded: true }],
    [`${name.toUpperCase()}_BASE_URL`, { schema: z.url({ protocol: /^https?$/ }).default(url), help: `Where ${title} is`, guarded: true }],
  ]),
  // Its entries are told by the table above; TypeScript does not follow that.
) as unknown as ProviderSettings;
