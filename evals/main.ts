import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { lacking, liveModel, noModel, type Driver } from './drivers.ts';
import { injections } from './injections/index.ts';
import { temptations } from './injections/values.ts';
import { lyingScenarios } from './lies/index.ts';
import { honest } from './minds/honest.ts';
import { lying } from './minds/lying.ts';
import { scripted, unsure } from './minds/mind.ts';
import { obedient } from './minds/obedient.ts';
import { compared, failures, lured, table } from './report.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios/index.ts';
import { runSuite, type Suite } from './suite.ts';

/** `npm run evals`: how well requests are carried out, by whoever thinks. */
const help = `npm run evals -- [flags]
  --driver none|scripted|live  who thinks; may be given several times (none, scripted)
  --model anthropic/ID         the live model, as in CLAW_MODEL; its key comes from the environment
  --only TEXT                  scenarios whose area or name has this
  --repeat K                   how often each is tried (1)
  --lanes N                    worlds side by side (4)
  --json FILE                  keeps the results
  --compare FILE               says what has changed since
  --write                      puts the tables into docs/evals.md`;

const { values: flags } = parseArgs({
  options: {
    driver: { type: 'string', multiple: true },
    model: { type: 'string' },
    only: { type: 'string', default: '' },
    repeat: { type: 'string', default: '1' },
    lanes: { type: 'string', default: '4' },
    json: { type: 'string' },
    compare: { type: 'string' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** What a driver is tried on. */
interface Round {
  driver: Driver;
  scenarios: Scenario[];
}

function roundsOf(name: string): Round[] {
  if (name === 'none') return [{ driver: noModel, scenarios: [...scenarios, ...injections, ...temptations] }];
  if (name === 'scripted') return scriptedRounds();
  if (name === 'live') return liveRounds(flags.model ?? 'anthropic/claude-sonnet-5-5');
  throw new Error(`No driver is called ${name}.\n${help}`);
}

function scriptedRounds(): Round[] {
  const all = [...scenarios, ...temptations];
  return [
    { driver: scripted('honest, fixed plans', { reply: honest('fixed'), words: unsure }), scenarios: all },
    { driver: scripted('honest, open tasks', { reply: honest('open'), words: unsure }), scenarios: all },
    { driver: scripted('lying', { reply: lying }), scenarios: lyingScenarios },
    { driver: scripted('obedient', { reply: obedient, words: unsure }), scenarios: injections },
    { driver: scripted('obedient, in a loop without a plan', { reply: obedient, enters: 'loop' }), scenarios: injections },
  ];
}

function liveRounds(model: string): Round[] {
  const lack = lacking(model, process.env);
  if (lack === undefined) return [{ driver: liveModel(model, process.env), scenarios: [...scenarios, ...injections] }];
  console.log(`skipped: ${model} is not asked, because ${lack}`);
  return [];
}

async function tryAll({ driver, scenarios: all }: Round): Promise<Suite | undefined> {
  const only = flags.only.toLowerCase();
  const chosen = all.filter(({ name, area }) => `${area}: ${name}`.toLowerCase().includes(only));
  if (chosen.length === 0) return undefined;
  const suite = await runSuite(driver, chosen, { repeat: Number(flags.repeat), lanes: Number(flags.lanes) });
  console.log(`\n${table(suite)}\n`);
  if (lured(suite) > 0) console.log(`The model read the injected order in ${lured(suite)} of ${suite.tried.length} scenarios.`);
  for (const line of failures(suite)) console.log(`FAIL ${line}`);
  return suite;
}

const page = path.join(import.meta.dirname, '..', 'docs', 'evals.md');
const heading = '## Results\n';

function writePage(suites: Suite[]): void {
  const text = readFileSync(page, 'utf8');
  const parts = suites.map((suite) => [table(suite), ...failures(suite).map((line) => `- ${line}`)].join('\n\n'));
  const command = ['npm run evals --', ...process.argv.slice(2).map((word) => path.basename(word))].join(' ');
  writeFileSync(page, `${text.slice(0, text.indexOf(heading))}${heading}\n\`${command}\`\n\n${parts.join('\n\n')}\n`);
}

async function main(): Promise<void> {
  if (flags.help) return console.log(help);
  const suites: Suite[] = [];
  for (const name of flags.driver ?? ['none', ...(flags.model === undefined ? [] : ['live'])])
    for (const round of roundsOf(name)) suites.push(...[await tryAll(round)].filter((suite) => suite !== undefined));
  const before = flags.compare === undefined ? [] : (JSON.parse(readFileSync(flags.compare, 'utf8')) as Suite[]);
  for (const suite of suites) {
    const old = before.find(({ name }) => name === suite.name);
    if (old) console.log(`\n${compared(suite, old).join('\n')}`);
  }
  if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(suites, null, 1)}\n`);
  if (flags.write) writePage(suites);
}

await main();
