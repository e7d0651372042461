import path from 'node:path';
import { globMatcher, regexMatcher, type Matcher } from '../../core/pattern.ts';
import type { Caller, Risk } from '../../core/tool.ts';
import type { CallFacts } from './call-facts.ts';
import { anywhere, canonicalHost } from './canonical-host.ts';
import { homePath, pathPattern } from './path-pattern.ts';
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

/** One, several or none, as a list. */
export const many = <Item>(value: Item | Item[] | undefined): Item[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/**
 * All conditions of a rule must hold. A call may name several files, hosts or commands: an `allow` needs all of them to be
 * known and to fit, and nothing beside them to decide what happens; `ask` and `deny` take any that may be meant. Conditions
 * that cost more come later.
 */
export function compileRule(rule: PolicyRule, index: number): Rule {
  const isAllow = rule.then === 'allow';
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
  add(rule.host, (hosts) => (isAllow ? allowedHosts : anyHost)(many(hosts)));
  add(rule.path, (paths) => (isAllow ? allowedPaths(many(paths), rule.host !== undefined) : anyPath(many(paths))));
  add(rule.command, (prefixes) => (isAllow ? allowedCommands : anyCommand)(many(prefixes)));
  add(rule.arguments, (patterns) => {
    const fields = Object.entries(patterns).map(([dotPath, pattern]) => [dotPath, matcherOf(pattern, !isAllow)] as const);
    return ({ facts }) => fields.every(([dotPath, fits]) => fits(facts.argument(dotPath) ?? ''));
  });
  return { number: index + 1, rule, fits: (subject) => conditions.every((holds) => holds(subject)) };
}

function allowedHosts(hosts: string[]): Condition {
  const fits = anyOf(hosts.map((host) => globMatcher(canonicalHost(host))));
  return ({ facts }) => facts.isToldByWords() && facts.isBare() && facts.isStraight() && areAll(facts.sure.hosts(), fits);
}

function anyHost(hosts: string[]): Condition {
  const fits = anyOf(hosts.map((host) => globMatcher(canonicalHost(host))));
  return ({ facts }) => facts.meant.hosts().some((host) => host === anywhere || fits(host));
}

/** Where no host is part of the rule, the call goes to none. */
function allowedPaths(paths: string[], hasHost: boolean): Condition {
  const fits = anyOf(paths.map((file) => globMatcher(homePath(file), '/')));
  return ({ facts }) =>
    facts.isToldByWords() && facts.isUnsteered() && (hasHost || facts.sure.hosts().length === 0) && areAll(facts.sure.paths(), fits);
}

/** Also the folder itself, folders above it that are reached whole, and texts that spell it. */
function anyPath(paths: string[]): Condition {
  const patterns = paths.map(pathPattern);
  return ({ facts }) =>
    patterns.some(
      (pattern) =>
        facts.meant.paths().some((file) => pattern.fits(file)) ||
        facts.meant.wholeFolders().some((folder) => pattern.isBelow(folder)) ||
        facts.meant.texts().some((text) => pattern.isSpelt(text)),
    );
}

function allowedCommands(prefixes: string[]): Condition {
  const starts = prefixes.map(startOf);
  return ({ facts }) => facts.isBare() && areAll(facts.sure.commands() ?? [], (words) => starts.some((fits) => fits(words)));
}

/** Whatever options stand between the words, and wherever the program lies. */
function anyCommand(prefixes: string[]): Condition {
  const starts = prefixes.map(startAnyhow);
  return ({ facts }) => facts.meant.commands().some((words) => starts.some((fits) => fits(words)));
}

const areAll = <Item>(items: Item[], test: (item: Item) => boolean): boolean => items.length > 0 && items.every(test);

const anyOf =
  (matchers: Matcher[]): Matcher =>
  (text) =>
    matchers.some((fits) => fits(text));

function matcherOf(pattern: string, whenCut: boolean): Matcher {
  const expression = /^\/(.*)\/([a-z]*)$/s.exec(pattern);
  return expression ? regexMatcher(expression[1]!, expression[2]!.replace(/[gy]/g, ''), whenCut) : globMatcher(pattern);
}

const wordsOf = (prefix: string): Matcher[] =>
  prefix
    .trim()
    .split(/\s+/)
    .map((word) => globMatcher(word));

/** `docker restart web*`: word by word, from the first. */
function startOf(prefix: string): (words: string[]) => boolean {
  const fits = wordsOf(prefix);
  return (words) => fits.every((one, index) => words[index] !== undefined && one(words[index]));
}

const mostWords = 200;

/** The same, with options and their values left out where need be: `docker -H host restart web`, `/usr/bin/docker restart`. */
function startAnyhow(prefix: string): (words: string[]) => boolean {
  const fits = wordsOf(prefix);
  return ([first = '', ...rest]) => {
    if (!fits[0]!(first) && !fits[0]!(path.posix.basename(first))) return false;
    // How many words of the prefix have been found, by where the reading stands.
    const ends = new Map<number, Set<number>>([[0, new Set([1])]]);
    for (const [index, word] of rest.slice(0, mostWords).entries())
      for (const found of ends.get(index) ?? []) {
        const steps: [number, number][] = [];
        if (fits[found]?.(word) === true) steps.push([index + 1, found + 1]);
        if (word.startsWith('-')) steps.push([index + 1, found], [index + 2, found]);
        for (const [at, count] of steps) ends.set(at, (ends.get(at) ?? new Set()).add(count));
      }
    return [...ends.values()].some((counts) => counts.has(fits.length));
  };
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
