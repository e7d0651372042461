import type { WorkflowReport } from '../../../src/engines/workflow/workflow-parts.ts';
import type { TestApp } from '../../support/app.ts';

export interface Ran {
  status: string;
  runId: string;
  hash: string;
  question?: string;
  output: WorkflowReport;
}

/** Saves a workflow and runs it, until it has ended or waits for a person. */
export async function runText(app: TestApp, text: string, inputs: Record<string, unknown> = {}): Promise<Ran> {
  await app.call('workflow_save', { name: 'one', text });
  return app.output<Ran>('workflow_run', { name: 'one', inputs });
}

export const statusesOf = ({ output }: Pick<Ran, 'output'>): Record<string, string> =>
  Object.fromEntries(output.steps.map(({ id, status }) => [id, status]));
