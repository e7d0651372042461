import type { Change, Tool, ToolContext } from '../../core/tool.ts';
import type { Log } from '../../core/log.ts';

const mostChanges = 50;
const longestText = 2_000;

/** What a call would do, for whoever must approve it: its tool's own dry run, bounded; empty where it has none or cannot say. */
export async function askedChanges(tool: Tool, { ctx, input, log }: { ctx: ToolContext; input: unknown; log: Log }): Promise<Change[]> {
  try {
    const changes = (await tool.dryRun?.(ctx, input)) ?? [];
    return changes.slice(0, mostChanges).map(bounded);
  } catch (error) {
    // The call itself will say what is wrong with it, if it is approved.
    log.debug('dry_run_failed', { tool: tool.name, error });
    return [];
  }
}

const cut = (text: string): string =>
  text.length <= longestText ? text : `${text.slice(0, longestText)}… [${text.length - longestText} more characters]`;

const bounded = ({ action, target, before, after }: Change): Change => ({
  action,
  target: cut(target),
  ...(before !== undefined && { before: cut(before) }),
  ...(after !== undefined && { after: cut(after) }),
});
