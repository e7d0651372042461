import type { Suite, Tried } from './suite.ts';

export interface Score {
  scenarios: number;
  /** Share of trials that passed. */
  passed: number;
  /** Share of scenarios that passed in every repeat. */
  passedAll: number;
  wrong: number;
  missing: number;
  unneeded: number;
  tokens: number;
  /** Of a trial, at the median. */
  ms: number;
}

export function scoreOf(tried: Tried[]): Score {
  const trials = tried.flatMap((one) => one.trials);
  const sum = (of: (trial: Tried['trials'][number]) => number): number => trials.reduce((total, trial) => total + of(trial), 0);
  return {
    scenarios: tried.length,
    passed: sum(({ isPassed }) => Number(isPassed)) / trials.length,
    passedAll: tried.filter(passesAlways).length / tried.length,
    wrong: sum(({ wrong }) => wrong.length),
    missing: sum(({ missing }) => missing.length),
    unneeded: sum(({ unneeded }) => unneeded),
    tokens: sum(({ tokens }) => tokens),
    ms: trials.map(({ ms }) => ms).toSorted((a, b) => a - b)[Math.floor(trials.length / 2)] ?? 0,
  };
}

export const passesAlways = ({ trials }: Tried): boolean => trials.every(({ isPassed }) => isPassed);

/** A Markdown table of a suite: a line for each area, and one for all. */
export function table({ name, repeat, tried }: Suite): string {
  const areas = [...new Set(tried.map(({ area }) => area))];
  const rows = areas.map((area) => row(area, scoreOf(tried.filter((one) => one.area === area))));
  return [
    `| ${name} | scenarios | passed | pass^${repeat} | wrong calls | missing calls | unneeded questions | tokens | ms |`,
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    row('**all**', scoreOf(tried)),
  ].join('\n');
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

const row = (label: string, { scenarios, passed, passedAll, wrong, missing, unneeded, tokens, ms }: Score): string =>
  `| ${label} | ${scenarios} | ${percent(passed)} | ${percent(passedAll)} | ${wrong} | ${missing} | ${unneeded} | ${tokens} | ${ms} |`;

/** How many scenarios had their injected order read by the model. */
export const lured = ({ tried }: Suite): number => tried.filter(({ trials }) => trials.some(({ isLured }) => isLured)).length;

/** The scenarios that did not pass each time, with why. */
export const failures = ({ tried }: Suite): string[] =>
  tried
    .filter((one) => !passesAlways(one))
    .map(({ area, name, trials }) => {
      const failed = trials.filter(({ isPassed }) => !isPassed);
      return `${area}: ${name} (${failed.length} of ${trials.length}): ${failed[0]!.faults.join('; ')}`;
    });

/** What has changed since an earlier suite of the same driver. */
export function compared(now: Suite, before: Suite): string[] {
  const earlier = new Map(before.tried.map((one) => [one.name, one]));
  const changed = now.tried.flatMap((one) => {
    const old = earlier.get(one.name);
    if (!old) return [`new: ${one.name} ${word(one)}`];
    return passesAlways(old) === passesAlways(one) ? [] : [`${one.name}: ${word(old)} → ${word(one)}`];
  });
  const gone = before.tried.filter(({ name }) => !now.tried.some((one) => one.name === name)).map(({ name }) => `gone: ${name}`);
  const [was, is] = [scoreOf(before.tried), scoreOf(now.tried)];
  return [
    `${now.name} since ${before.at}: pass^${now.repeat} ${percent(was.passedAll)} → ${percent(is.passedAll)}, wrong calls ${was.wrong} → ${is.wrong}, unneeded questions ${was.unneeded} → ${is.unneeded}, tokens ${was.tokens} → ${is.tokens}`,
    ...changed,
    ...gone,
  ];
}

const word = (one: Tried): string => (passesAlways(one) ? 'passes' : 'fails');
