import { parsedJson } from '../../core/json.ts';

/** What a model wrote as JSON, also within a code fence; undefined where it is none. */
export const looseJson = (text: string): unknown => parsedJson(/^\s*```(?:json)?\s*([\s\S]*?)```\s*$/.exec(text)?.[1] ?? text);

/** The same, also where something is said before or after the one object. */
export const jsonIn = (text: string): unknown => looseJson(text) ?? parsedJson(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
