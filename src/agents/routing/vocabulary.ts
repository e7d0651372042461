import type { Tool } from '../../core/tool.ts';
import { commonWords, meantStems, tellingStems, wordsOf } from './features.ts';

/** The words a tool is known by: those of its name, its texts, its examples and its fields. */
export interface Vocabulary {
  /**
   * Which share of the telling words of a sentence the tool can account for, 0 to 1. What its fields have taken is not in it
   * any more; what is left unexplained was meant by the person, and would be dropped.
   */
  coverage(sentence: string): number;
}

export function vocabularyOf(tool: Tool): Vocabulary {
  const known = new Set(textsOf(tool).flatMap(tellingStems));
  return {
    coverage: (sentence) => {
      const telling = meantStems(sentence);
      if (telling.length === 0) return 1;
      return telling.filter((word) => known.has(word)).length / telling.length;
    },
  };
}

/** Every word that tools use, and the common ones: what is spelled so is spelled right. */
export const spelledWords = (tools: Tool[]): Set<string> => new Set([...tools.flatMap(textsOf).flatMap(wordsOf), ...commonWords]);

function textsOf(tool: Tool): string[] {
  const fieldWords = Object.values((tool.words ?? {}) as Record<string, Record<string, string[]>>).flatMap((words) =>
    Object.values(words).flat(),
  );
  return [tool.name.replaceAll('_', ' '), tool.title, tool.description, ...tool.examples, ...fieldWords];
}
