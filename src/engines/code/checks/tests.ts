import path from 'node:path';
import type { ChangeSet } from '../change-set.ts';
import { addedLines, type ChangedFile } from '../diff.ts';
import { familyOf, isComment, isTest, type Check, type Spot } from './check.ts';

export const testChecks: Check[] = [
  {
    rule: 'disabled-test',
    category: 'tests',
    severity: 'medium',
    hint: 'Let it run again, or delete it and say why in the commit.',
    find: disabled,
  },
  {
    rule: 'missing-test',
    category: 'tests',
    severity: 'low',
    hint: 'Add a test that fails without the change.',
    find: untested,
  },
];

const only = /\b(?:describe|it|test|suite|context)\.only\s*\(|^\s*(?:fdescribe|fit|fcontext)\s*\(|:focus\s*=>\s*true|,\s*focus:\s*true/;
const skipped =
  /\b(?:describe|it|test|suite|context)\.skip\s*\(|^\s*(?:xdescribe|xit|xtest|xcontext)\s*\(|@pytest\.mark\.skip\b|@unittest\.skip\s*\(|^\s*@(?:Disabled|Ignore)\b|\bt\.Skip(?:Now|f)?\s*\(|#\[ignore\b/;

function disabled(file: ChangedFile): Spot[] {
  if (familyOf(file.path) === undefined) return [];
  return addedLines(file)
    .filter(({ text }) => !isComment(text) || text.includes('#['))
    .flatMap(({ line, text }): Spot[] => {
      if (only.test(text)) return [{ line, message: 'Only this test runs; all others are left out.', severity: 'high' }];
      return skipped.test(text) ? [{ line, message: 'A test is switched off.' }] : [];
    });
}

/** Fewer lines are seldom worth a test of their own. */
const fewestLines = 10;

/** Where a project has tests, what is new in it has some too: a changed file that is a test, or one that has its name. */
function untested(file: ChangedFile, { all, files }: ChangeSet): Spot[] {
  const name = path.basename(file.path).replace(/\..*$/, '');
  const isSource =
    familyOf(file.path) !== undefined &&
    !isTest(file.path) &&
    !/(?:^|\/)(?:index|main|__init__|types?)\.\w+$|\.d\.ts$|\.config\./.test(file.path);
  if (!isSource || file.status === 'deleted' || !all) return [];
  const added = addedLines(file).filter(({ text }) => text.trim() !== '' && !isComment(text));
  const hasTests = [...all].some((one) => isTest(one) && familyOf(one) !== undefined);
  const isCovered =
    files.some((one) => isTest(one.path)) || (file.status === 'added' && [...all].some((one) => isTest(one) && one.includes(name)));
  if (added.length < fewestLines || !hasTests || isCovered) return [];
  return [{ line: added[0]!.line, message: 'The code has changed, and no test has.' }];
}
