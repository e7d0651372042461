import { getLoadablePath } from 'sqlite-vec';
import type { Settings } from '../../core/config.ts';
import type { Embedder } from '../../core/embedder.ts';
import { ToolError } from '../../core/errors.ts';
import { bundledEmbedder } from './bundled.ts';
import { cached } from './cached.ts';
import { ollamaEmbedder, openAiEmbedder } from './remote.ts';

type EmbedderSettings = Pick<Settings, 'CLAW_EMBEDDINGS' | 'OPENAI_API_KEY' | 'OPENAI_BASE_URL' | 'OLLAMA_HOST'>;

/** The embedder of the settings, or undefined where memory is to be searched by words only. Nothing is loaded before the first text. */
export function embedderOf({
  CLAW_EMBEDDINGS: choice,
  OPENAI_API_KEY,
  OPENAI_BASE_URL,
  OLLAMA_HOST,
}: EmbedderSettings): Embedder | undefined {
  if (choice === 'none') return undefined;
  if (choice === 'bundled') return cached(bundledEmbedder());
  const [provider, ...rest] = choice.split('/');
  const model = rest.join('/');
  if (provider === 'ollama') return cached(ollamaEmbedder({ model, baseUrl: withoutSlash(OLLAMA_HOST) }));
  return cached(openAiEmbedder({ model, baseUrl: withoutSlash(OPENAI_BASE_URL), apiKey: OPENAI_API_KEY }));
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

/** What a memory store needs to find by meaning. */
export const embeddingOf = (settings: EmbedderSettings): { embedder?: Embedder; vectorExtension: () => string } => ({
  embedder: embedderOf(settings),
  vectorExtension,
});

/** The file of sqlite-vec for this platform. Throws `unavailable` where there is none. */
export function vectorExtension(): string {
  try {
    return getLoadablePath();
  } catch (error) {
    throw new ToolError('unavailable', 'There is no sqlite-vec for this platform.', {
      hint: 'CLAW_EMBEDDINGS=none searches by words only.',
      cause: error,
    });
  }
}
