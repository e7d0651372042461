import { homedir } from 'node:os';
import path from 'node:path';
import { interpreters } from '../../core/commands/names.ts';
import { globMatcher, regexMatcher, type Matcher } from '../../core/pattern.ts';
import type { Caller, Risk } from '../../core/tool.ts';
import type { CallFacts } from './call-facts.ts';
import type { PolicyRule } from './policy-schema.ts';

/** What a rule is held against. */
export interface RuleSubject {
  tool: string;
  caller: Caller;
  risk: Risk;
  facts: CallFacts;
  /** Milliseconds since 1970. */
  now: number;
}

/** A rule of policy.yaml, ready to be asked. */
export interface Rule {
  /** From 1, as people count. */
  number: number;
  rule: PolicyRule;
  fits(subject: RuleSubject): boolean;
}

type Condition = (subject: RuleSubject) => boolean;

const many = <Item>(value: Item | Item[]): Item[] => (Array.isArray(value) ? value : [value]);

/**
 * All conditions of a rule must hold. A call may name several files, hosts or commands: an `allow` needs all of them to
 * be known and to fit, `ask` and `deny` any. Conditions that cost more come later.
 */
export function compileRule(rule: PolicyRule, index: number): Rule {
  const isAllow = rule.then === 'allow';
  const overAll = <Item>(items: Item[], test: (item: Item) => boolean): boolean =>
    isAllow ? items.length > 0 && items.every(test) : items.some(test);
  // What an interpreter reaches is not among the files and hosts that its words name.
  const isTold = ({ facts }: RuleSubject): boolean =>
    !isAllow || (facts.commands !== undefined && !facts.commands.some(([program = '']) => interpreters.has(path.basename(program))));
  const conditions: Condition[] = [];
  const add = <Value>(value: Value | undefined, make: (value: Value) => Condition): void => {
    if (value !== undefined) conditions.push(make(value));
  };
  add(
    rule.caller,
    (kinds) =>
      ({ caller }) =>
        many(kinds).includes(caller.kind),
  );
  add(rule.tool, (names) => {
    const fits = anyOf(many(names).map((name) => globMatcher(name)));
    return ({ tool }) => fits(tool);
  });
  add(
    rule.risk,
    (risks) =>
      ({ risk }) =>
        many(risks).includes(risk),
  );
  if (rule.between !== undefined || rule.days !== undefined) conditions.push(inTime(rule));
  add(rule.host, (hosts) => {
    const fits = anyOf(many(hosts).map((host) => globMatcher(host.toLowerCase())));
    return (subject) => isTold(subject) && overAll(subject.facts.hosts, fits);
  });
  add(rule.path, (paths) => {
    const fits = anyOf(many(paths).map((file) => globMatcher(file.replace(/^~(?=$|\/)/, homedir()), '/')));
    return (subject) => isTold(subject) && overAll(subject.facts.paths, fits);
  });
  add(rule.command, (prefixes) => {
    const starts = many(prefixes).map(startOf);
    return ({ facts }) => overAll(facts.commands ?? [], (words) => starts.some((fits) => fits(words)));
  });
  add(rule.arguments, (patterns) => {
    const fields = Object.entries(patterns).map(([dotPath, pattern]) => [dotPath, matcherOf(pattern, !isAllow)] as const);
    return ({ facts }) => fields.every(([dotPath, fits]) => fits(facts.argument(dotPath) ?? ''));
  });
  return { number: index + 1, rule, fits: (subject) => conditions.every((holds) => holds(subject)) };
}

const anyOf =
  (matchers: Matcher[]): Matcher =>
  (text) =>
    matchers.some((fits) => fits(text));

function matcherOf(pattern: string, whenCut: boolean): Matcher {
  const expression = /^\/(.*)\/([a-z]*)$/s.exec(pattern);
  return expression ? regexMatcher(expression[1]!, expression[2]!.replace(/[gy]/g, ''), whenCut) : globMatcher(pattern);
}

/** `docker restart web*`: word by word, from the first. */
function startOf(prefix: string): (words: string[]) => boolean {
  const fits = prefix
    .trim()
    .split(/\s+/)
    .map((word) => globMatcher(word));
  return (words) => fits.every((one, index) => words[index] !== undefined && one(words[index]));
}

/** By the clock on the wall of the rule's time zone. Over midnight, the day is that of the moment itself. */
function inTime({ between, days, timezone }: PolicyRule): Condition {
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const [from = '00:00', to = '24:00'] = between?.split('-') ?? [];
  return ({ now }) => {
    const parts = Object.fromEntries(clock.formatToParts(now).map(({ type, value }) => [type, value]));
    const time = `${parts.hour}:${parts.minute}`;
    const isWithin = from <= to ? time >= from && time < to : time >= from || time < to;
    return isWithin && (days === undefined || many(days).some((day) => day === parts.weekday?.toLowerCase()));
  };
}
