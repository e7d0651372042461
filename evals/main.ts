import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { noModel, type Driver } from './drivers.ts';
import { compared, failures, table } from './report.ts';
import { injections } from './injections/index.ts';
import { temptations } from './injections/values.ts';
import { scenarios } from './scenarios/index.ts';
import { runSuite, type Suite } from './suite.ts';

/** `npm run evals`: how well requests are carried out, by whoever thinks. --help lists the flags. */
const help = `npm run evals -- [flags]
  --driver none|scripted|live   may be given several times; by default all that can run here
  --model anthropic/ID          the live model, as in CLAW_MODEL; its key comes from the environment
  --only TEXT                   scenarios whose name or area has this
  --repeat K                    how often each is tried (1)
  --lanes N                     worlds side by side (4)
  --json FILE                   writes the results there
  --compare FILE                says what has changed since`;

const { values: flags } = parseArgs({
  options: {
    driver: { type: 'string', multiple: true, default: ['none'] },
    model: { type: 'string' },
    only: { type: 'string', default: '' },
    repeat: { type: 'string', default: '1' },
    lanes: { type: 'string', default: '4' },
    json: { type: 'string' },
    compare: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const drivers: Record<string, Driver> = { none: noModel };

async function tryAll(driver: Driver): Promise<Suite> {
  const { only } = flags;
  const chosen = [...scenarios, ...injections, ...temptations].filter(({ name, area }) =>
    `${area}: ${name}`.toLowerCase().includes(only.toLowerCase()),
  );
  const suite = await runSuite(driver, chosen, { repeat: Number(flags.repeat), lanes: Number(flags.lanes) });
  console.log(`\n${table(suite)}\n`);
  for (const line of failures(suite)) console.log(`FAIL ${line}`);
  return suite;
}

if (flags.help) console.log(help);
else {
  const suites: Suite[] = [];
  for (const name of flags.driver) {
    const driver = drivers[name];
    if (driver) suites.push(await tryAll(driver));
    else console.log(`no driver is called ${name}\n${help}`);
  }
  const before = flags.compare === undefined ? [] : (JSON.parse(readFileSync(flags.compare, 'utf8')) as Suite[]);
  for (const suite of suites) {
    const old = before.find(({ name }) => name === suite.name);
    if (old) console.log(`\n${compared(suite, old).join('\n')}`);
  }
  if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(suites, null, 1)}\n`);
}
