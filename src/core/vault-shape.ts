import { z } from 'zod';
import { secretName } from './secret.ts';
import type { Evidence, ToolCall, ToolContext } from './tool.ts';

/** What the tools of the vault share. */
export const names = z.array(secretName).max(200).optional();
export const generation = z.number().int().min(0).max(1_000_000_000);
/** What every write says. */
export const written = { generation: z.number(), before: z.number().describe('The generation before') };

/** Why anyone else who would change the vault is asked for the owner's word. */
export const ownersVault = 'It changes the vault, and what it holds acts for the owner later.';

/** The call that brings back what was there. */
export const back = (before: number, changed?: string[]): ToolCall => ({
  tool: 'vault_restore',
  input: { generation: before, ...(changed && { names: changed }) },
});

export async function holds(ctx: ToolContext, name: string, expected: boolean): Promise<Evidence> {
  const isThere = await ctx.vault.has(name);
  const found = isThere ? 'it is there' : 'it is not there';
  return { check: `vault.age ${expected ? 'holds' : 'no longer holds'} ${name}`, ok: isThere === expected, found };
}
