import path from 'node:path';
import { ToolError } from '../../core/errors.ts';
import type { WatcherRule } from '../../core/watcher-rule.ts';
import type { Explanation } from '../../gate/gate-types.ts';
import { actionOf, type ActionStep } from './action.ts';
import type { ReadyRule } from './sightings.ts';
import { filled, type Occurrence } from './template.ts';

export interface RuleChecks {
  /** The real path. Throws `denied` outside the allowed folders and within claw's own. */
  resolve: (folder: string) => Promise<string>;
  /** How the gate would decide a call of this rule. Throws `unknown_tool` and `invalid_input`. */
  explain: (rule: string, tool: string, input: unknown) => Promise<Explanation>;
}

type CallCheck = Pick<RuleChecks, 'explain'> & { folder: string };

/** Says where in the file a field is; `''` for an input that stands nowhere. */
export type Placed = (field: string, error: ToolError) => ToolError;

const inField: Placed = (field, { code, message, hint }) => new ToolError(code, `${field}: ${message}`, { hint });

/** The rule with its real folder and the calls it stands for. Throws what is wrong with it, naming the field. */
export async function readyRule(rule: WatcherRule, { resolve, explain }: RuleChecks, placed: Placed = inField): Promise<ReadyRule> {
  const field = actionField(rule);
  const at = async <Value>(name: string, work: () => Value | Promise<Value>): Promise<Value> => {
    try {
      return await work();
    } catch (error) {
      throw error instanceof ToolError ? placed(name, error) : error;
    }
  };
  const folder = await at('path', () => {
    if (!path.isAbsolute(rule.path) || rule.path.includes('\0'))
      throw new ToolError('invalid_input', 'The folder is not given from the root on.', { hint: 'As /srv/inbox.' });
    return resolve(rule.path);
  });
  for (const name of ['glob', 'ignore'] as const) await at(name, () => [rule[name]].flat().forEach(checkGlob));
  for (const name of ['copy', 'move'] as const) await at(name, () => checkTarget(rule[name]));
  const actions = await at(field, () => actionOf(rule));
  for (const step of actions) await at(field, () => checkCall(rule, step, { explain, folder }));
  return { ...rule, path: folder, actions };
}

const actionField = (rule: WatcherRule): string =>
  (['copy', 'move', 'shell', 'script', 'skill', 'workflow', 'tool', 'steps'] as const).find((name) => rule[name] !== undefined) ?? 'name';

function checkTarget(target: string | undefined): void {
  if (target !== undefined && !/^(\/|~\/)/.test(target))
    throw new ToolError('invalid_input', 'The folder is not given from the root on.', { hint: 'As /srv/archive.' });
}

function checkGlob(glob: string): void {
  if (path.isAbsolute(glob) || glob.split('/').includes('..') || glob.includes('\0'))
    throw new ToolError('invalid_input', 'A glob starts at the watched folder and stays below it.', {
      hint: 'As *.pdf or **/scans/*.png.',
    });
  path.matchesGlob('a', glob);
}

/** With a file as it may come: whatever the gate says of the arguments then, it says now. */
async function checkCall(rule: WatcherRule, step: ActionStep, { explain, folder }: CallCheck): Promise<void> {
  const sample: Occurrence = {
    event: rule.events[0]!,
    path: path.join(folder, 'some-file.txt'),
    root: folder,
    size: 1,
    sha256: 'a'.repeat(64),
    from: path.join(folder, 'former.txt'),
  };
  const { tool, input } = filled(step, sample);
  const { verdict, decidedBy, reason } = await explain(rule.name, tool, input);
  if (verdict === 'deny' && decidedBy === 'built in')
    throw new ToolError('denied', reason, { hint: `A rule may not call ${tool} like this.` });
}
