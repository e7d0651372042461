import type { ToolFacts } from '../core/tool-facts.ts';
import facts from './facts.json' with { type: 'json' };

/**
 * Every tool of index.ts as data, sorted by name, without loading one: made by `npm run gen`, and held against the tools by
 * a test. What lists tools reads this; the tools themselves load with the first call.
 */
export const toolFacts = facts as unknown as ToolFacts[];
