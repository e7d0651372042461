import path from 'node:path';
import type { ToolCall } from '../../core/tool.ts';
import { contentHash, lookAt } from './look-at-file.ts';
import type { Occurrence } from './template.ts';

/**
 * Whether a copy or a move that was cut off has happened. Both put the whole file in place at once, so the target tells:
 * it holds the content, or it is not there while the source still has it. Anything else stays unknown.
 */
export async function afterCutOff({ tool, input }: ToolCall, file: Occurrence): Promise<'done' | 'not begun' | 'unknown'> {
  if (tool !== 'file_copy' && tool !== 'file_move') return 'unknown';
  const { from, to } = input as { from: string; to: string };
  const target = to.endsWith('/') ? path.join(to, path.basename(from)) : to;
  if ((await contentHash(target)) === file.sha256) return 'done';
  const isFree = (await lookAt(target)) === undefined;
  return isFree && (await contentHash(from)) === file.sha256 ? 'not begun' : 'unknown';
}
