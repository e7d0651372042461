/** Tokens that a tool which asks a model says it has used, in its output's `usage.tokens`; 0 of all others. */
export function tokensIn(output: unknown): number {
  const usage = (output as { usage?: { tokens?: unknown } } | null | undefined)?.usage;
  return typeof usage?.tokens === 'number' ? usage.tokens : 0;
}

/** What the steps of a run have used: their outputs stand beside what else is kept of a call. */
export const usageOf = (steps: { attempts: number; output?: unknown }[]): { calls: number; tokens: number } => ({
  calls: steps.reduce((sum, { attempts }) => sum + attempts, 0),
  tokens: steps.reduce((sum, { output }) => sum + tokensIn((output as { output?: unknown } | null | undefined)?.output), 0),
});
