import type { Path } from '../../core/yaml-text.ts';

/** What is wrong with a workflow, and where in the file's structure. */
export class WorkflowFault extends Error {
  readonly path: Path;
  constructor(message: string, path: Path) {
    super(message);
    this.path = path;
  }
}
