import { parsedJson } from '../../core/json.ts';

/** What a model wrote as JSON, also within a code fence; undefined where it is none. */
export const looseJson = (text: string): unknown => parsedJson(/^\s*```(?:json)?\s*([\s\S]*?)```\s*$/.exec(text)?.[1] ?? text);
