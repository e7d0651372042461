import type { ChangeSet } from '../change-set.ts';
import type { ChangedFile } from '../diff.ts';

export const categories = ['security', 'correctness', 'tests', 'upkeep'] as const;
export type Category = (typeof categories)[number];

export const severities = ['critical', 'high', 'medium', 'low'] as const;
export type Severity = (typeof severities)[number];

/** One thing that was found. Nothing of the code is in it: that may hold a secret, or words meant for whoever reads this. */
export interface Finding {
  file: string;
  /** As the file is after the change; 1 where it is about the whole. */
  line: number;
  category: Category;
  severity: Severity;
  /** Which check, or `model`. */
  rule: string;
  message: string;
  hint: string;
}

export interface Spot {
  line: number;
  message: string;
  severity?: Severity;
}

/** One rule, applied to one changed file: only lines that were changed count. */
export interface Check {
  rule: string;
  category: Category;
  severity: Severity;
  hint: string;
  find(file: ChangedFile, set: ChangeSet): Spot[] | Promise<Spot[]>;
}

const extensionOf = (path: string): string => /\.([A-Za-z0-9]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';

const families = {
  script: ['js', 'mjs', 'cjs', 'jsx', 'ts', 'mts', 'cts', 'tsx', 'vue', 'svelte'],
  python: ['py', 'pyi'],
  shell: ['sh', 'bash', 'zsh', 'ksh'],
  ruby: ['rb', 'rake'],
  php: ['php'],
  go: ['go'],
  rust: ['rs'],
  java: ['java', 'kt', 'kts', 'scala', 'groovy'],
  c: ['c', 'h', 'cc', 'cpp', 'cxx', 'hpp', 'cs', 'm', 'swift'],
  other: ['pl', 'lua', 'ex', 'exs', 'dart', 'r', 'jl'],
};
export type Family = keyof typeof families;

/** The family of languages that a file is written in; undefined for what is no code. */
export const familyOf = (path: string): Family | undefined =>
  (Object.keys(families) as Family[]).find((family) => families[family].includes(extensionOf(path)));

export const isTest = (path: string): boolean =>
  /(?:^|[/_.-])(?:tests?|specs?|__tests__|e2e)(?:[/_.-]|$)/i.test(path) || /Tests?\.\w+$/.test(path);

export const isDocument = (path: string): boolean => ['md', 'markdown', 'mdx'].includes(extensionOf(path));

/** A line that is a comment whole: what it mentions does not run. */
export const isComment = (text: string): boolean => /^\s*(?:\/\/|#(?!!)|\*|\/\*|--\s|<!--|;;)/.test(text);
