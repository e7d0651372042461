import type * as Vm from 'node:vm';

/** Whether a text fits; made once from a pattern of the owner's. */
export type Matcher = (text: string) => boolean;

const longestText = 10_000;
const regexBudgetMs = 25;

/**
 * A glob: `?` is one character, `*` any number. With a separator, `*` and `?` stop at it and `**` does not.
 * Simulated as an automaton (Thompson 1968), so time grows with pattern × text and never more.
 */
export function globMatcher(glob: string, separator?: string): Matcher {
  const tokens = [...glob.matchAll(/\*\*\/?|\*|\?|[^*?]/gs)].map(([token]) => token);
  const crosses = (token: string): boolean => separator === undefined || token.startsWith('**');
  const isStar = (token: string | undefined): boolean => token?.startsWith('*') === true;
  const reach = (states: Set<number>): Set<number> => {
    for (const state of states) if (isStar(tokens[state])) states.add(state + 1);
    return states;
  };
  return (text) => {
    let states = reach(new Set([0]));
    for (const char of text.slice(0, longestText)) {
      const next = new Set<number>();
      for (const state of states) {
        const token = tokens[state];
        if (token === undefined) continue;
        if (isStar(token) && (crosses(token) || char !== separator)) next.add(state);
        if (token === char || (token === '?' && char !== separator)) next.add(state + 1);
      }
      states = reach(next);
    }
    return states.has(tokens.length);
  };
}

// Only who has a regular expression in a rule pays for another context.
const vm = (): typeof Vm => process.getBuiltinModule('node:vm');
let context: Vm.Context | undefined;

/**
 * A regular expression with a deadline of 25 ms and a text of at most 10,000 characters: one that backtracks without end
 * is cut off, and the answer is then `whenCut`. Throws SyntaxError where it is none.
 */
export function regexMatcher(source: string, flags: string, whenCut: boolean): Matcher {
  const expression = new RegExp(source, flags);
  const script = new (vm().Script)('expression.test(text)');
  return (text) => {
    context ??= vm().createContext(Object.create(null) as object);
    Object.assign(context, { expression, text: text.slice(0, longestText) });
    try {
      return script.runInContext(context, { timeout: regexBudgetMs }) === true;
    } catch {
      return whenCut;
    }
  };
}
