import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ToolError } from '../../core/errors.ts';
import type { Redactor } from '../../core/redact.ts';
import { changeSetOf, type Asked, type ChangeSet } from './change-set.ts';
import { severities, type Check, type Finding } from './checks/check.ts';
import { correctnessChecks } from './checks/correctness.ts';
import { securityChecks } from './checks/security.ts';
import { testChecks } from './checks/tests.ts';
import { upkeepChecks } from './checks/upkeep.ts';
import { addedLines } from './diff.ts';
import { createGit, type GitParts } from './git.ts';
import { reviewByModel, type AskModel, type ModelReview } from './model-review.ts';

export interface ReviewRequest extends Asked {
  signal: AbortSignal;
  /** Throws where a path may not be touched. */
  resolve: (file: string) => Promise<string>;
  /** Absent where no model is to be asked. */
  ask?: AskModel | undefined;
}

export interface Review {
  from: string;
  files: number;
  addedLines: number;
  checks: number;
  /** Worst first. */
  findings: Finding[];
  model?: ModelReview;
}

/** Looks at changes of code: rules first, and then a model, whose word counts only where it points at a changed line. */
export interface CodeReview {
  review(request: ReviewRequest): Promise<Review>;
}

const mostFindings = 1_000;

export interface CodeReviewParts extends GitParts {
  redactor: Pick<Redactor, 'knows' | 'text'>;
  /** Folder of what models read. */
  prompts: string;
}

export function createCodeReview({ redactor, prompts, ...parts }: CodeReviewParts): CodeReview {
  const git = createGit(parts);
  const checks = [...securityChecks((text) => redactor.knows(text)), ...correctnessChecks, ...testChecks, ...upkeepChecks];
  const setFor = ({ signal, resolve, ...asked }: ReviewRequest): Promise<ChangeSet> => {
    const mayRead = (file: string): Promise<boolean> =>
      resolve(file).then(
        () => true,
        () => false,
      );
    return changeSetOf(asked, { git, signal, mayRead });
  };
  return {
    review: async (request) => {
      const set = await setFor(request);
      const found = await findingsIn(set, { checks, signal: request.signal });
      const { ask } = request;
      const redact = (text: string): string => redactor.text(text);
      const model =
        ask && (await reviewByModel(set, { ask, redact, rules: found, system: await readFile(path.join(prompts, 'review.md'), 'utf8') }));
      const findings = [...found, ...(model?.findings ?? [])].toSorted(worstFirst).slice(0, mostFindings);
      return {
        from: set.from,
        files: set.files.length,
        addedLines: set.files.reduce((sum, file) => sum + addedLines(file).length, 0),
        checks: checks.length,
        findings,
        ...(model && { model }),
      };
    },
  };
}

async function findingsIn(set: ChangeSet, { checks, signal }: { checks: Check[]; signal: AbortSignal }): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const file of set.files.filter(({ status }) => status !== 'deleted')) {
    signal.throwIfAborted();
    for (const { rule, category, severity, hint, find } of checks)
      for (const spot of await find(file, set))
        found.push({ file: file.path, line: spot.line, category, severity: spot.severity ?? severity, rule, message: spot.message, hint });
    if (found.length > 100 * mostFindings) throw tooMany();
  }
  return found;
}

const worstFirst = (a: Finding, b: Finding): number =>
  severities.indexOf(a.severity) - severities.indexOf(b.severity) || (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line);

const tooMany = (): ToolError =>
  new ToolError('too_large', 'There is more to find than can be told.', { hint: 'Name a smaller folder or range.' });
