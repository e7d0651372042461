import { canonicalJson } from '../../core/json.ts';
import { watcherSchemaFile, watchersSchema, type WatcherRule, type WrittenRule } from '../../core/watcher-rule.ts';
import { broken as brokenFile, openYaml, stampOf, valueOf, writeYaml } from '../../core/yaml-file.ts';
import type { ToolError } from '../../core/errors.ts';

const described = `${watcherSchemaFile} and docs/watcher.md`;

/** The rules of a watchers.yaml, with the place of each in the file. */
export interface RulesText {
  rules: WatcherRule[];
  /** Of a rule, or of a field of it: "watchers.yaml, line 3, column 5". */
  placeOf(index: number, field?: string): string;
}

/** Throws `bad_config` with line and column. No file is no rules. */
export function readRules(file: string): RulesText {
  // Only who has rules pays for reading YAML.
  if (stampOf(file) === '') return { rules: [], placeOf: () => file };
  const open = openYaml(file, described);
  const { rules } = valueOf(open, watchersSchema(), described);
  const { placeOf } = open;
  const seen = new Set<string>();
  for (const [index, { name }] of rules.entries()) {
    if (seen.has(name)) throw broken(placeOf(['rules', index, 'name']), `rules.${index}.name: there is another rule called ${name}`);
    seen.add(name);
  }
  return { rules, placeOf: (index, field) => placeOf(['rules', index, ...(field === undefined ? [] : [field])]) };
}

/** Adds the rule at the end of the file, comments and all kept. Synchronous, so that it fits into one transaction, which is the lock. */
export function addRule(file: string, rule: WrittenRule): void {
  const { document } = openYaml(file, described);
  if (document.hasIn(['rules', 0])) document.addIn(['rules'], document.createNode(rule));
  else document.set('rules', document.createNode([rule]));
  writeYaml(file, { document });
}

/** Takes the rule at that place out. */
export function removeRule(file: string, index: number): void {
  const { document } = openYaml(file, described);
  document.deleteIn(['rules', index]);
  writeYaml(file, { document });
}

/** The rule as it is written, without the defaults. */
export function writtenRule(file: string, index: number): WrittenRule {
  return (openYaml(file, described).document.toJS() as { rules: WrittenRule[] }).rules[index]!;
}

/** The rule as a person would write it. */
export function withoutDefaults(rule: WatcherRule): WrittenRule {
  const usual = watchersSchema().parse({ rules: [{ name: rule.name, path: rule.path }] }).rules[0] as Record<string, unknown>;
  const told = Object.entries(rule).filter(
    ([field, value]) =>
      value !== undefined && (field === 'name' || field === 'path' || canonicalJson(value) !== canonicalJson(usual[field] ?? null)),
  );
  return Object.fromEntries(told) as WrittenRule;
}

export const broken = (place: string, what: string): ToolError => brokenFile(place, what, described);
