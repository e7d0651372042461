import { ToolError } from '../core/errors.ts';

/** Where claw keeps its data and where it is installed, and what stands for them in front of clients. */
export interface OwnFolders {
  home: string;
  root: string;
}

/**
 * Errors name files so that the owner at the machine finds them; a client elsewhere need not learn how the machine is laid
 * out. Paths that the caller named itself stay.
 */
export function veilPaths({ home, root }: OwnFolders): (error: ToolError) => ToolError {
  const veil = (text: string): string => text.replaceAll(home, 'CLAW_HOME').replaceAll(root, '(claw)');
  return (error) => new ToolError(error.code, veil(error.message), { ...error.toJSON(), hint: veil(error.hint), cause: error });
}
