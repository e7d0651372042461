import { ToolError } from '../../core/errors.ts';

/** A program or script that an approved command would run, or where a link on the way to a named file leads. */
export interface BoundFile {
  /** With every link followed. */
  path: string;
  /** SHA-256 in hex; of a file that cannot be read or is over 256 MiB, `unread` with what changes when it does. */
  content: string;
}

/** Says what differs between what was approved and what would run now. */
export function changedFiles(approvalId: string, { approved, now }: { approved: BoundFile[]; now: BoundFile[] }): ToolError {
  const before = new Map(approved.map(({ path: file, content }) => [file, content]));
  const after = new Map(now.map(({ path: file, content }) => [file, content]));
  const changes = [
    ...now
      .filter(({ path: file, content }) => before.has(file) && before.get(file) !== content)
      .map(({ path: file }) => `${file} has changed`),
    ...now.filter(({ path: file }) => !before.has(file)).map(({ path: file }) => `${file} is new in it`),
    ...approved.filter(({ path: file }) => !after.has(file)).map(({ path: file }) => `${file} is no longer in it`),
  ];
  return new ToolError(
    'conflict',
    `What ${approvalId} allowed is not what would run now: ${changes.slice(0, 5).join('; ') || 'its files differ'}.`,
    {
      hint: 'The approval is void. Look at the file, then make the call again to get a new question.',
    },
  );
}
