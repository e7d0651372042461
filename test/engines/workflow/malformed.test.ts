import { existsSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ToolError } from '../../../src/core/errors.ts';
import { startApp } from '../../support/app.ts';

/** One to a line. */
const listed = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

const long = 'x'.repeat(3_000);

/** Not YAML, or not such as a workflow may be. */
const texts = [
  ' ',
  '# nothing',
  'null',
  '[]',
  '42',
  'text',
  'steps',
  'steps:',
  'steps: {}',
  'steps: 1',
  'steps: text',
  'steps: []',
  'steps: [[]]',
  'steps: [1]',
  'steps: [null]',
  'steps: [{}]',
  'steps: [',
  'steps: [{tool: status_show}',
  'steps: {tool: status_show',
  'steps:\n\t- tool: status_show',
  'steps:\n  - tool: status_show\n - tool: status_show',
  'steps: [{tool: "status_show}]',
  'steps: [{tool: status_show}]\nsteps: []',
  'steps: [{tool: status_show, tool: status_show}]',
  'steps: [{tool: status_show}]\n---\nsteps: []',
  '%TAG ! tag:x\nsteps',
  '- tool: status_show',
  'steps: &a [*a]',
  'steps: &a [{tool: status_show, input: {a: *a}}]',
  'steps: *nobody',
  '<<: *nobody\nsteps: [{tool: status_show}]',
  `steps: ${'['.repeat(10_000)}`,
  `steps: ${'{a: '.repeat(10_000)}`,
  '- '.repeat(10_000),
  '? '.repeat(2_000),
  `steps: [{tool: status_show, input: {a: ${'['.repeat(100)}${']'.repeat(100)}}}]`,
  `a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nsteps: [*c,*c,*c,*c]`,
  `steps:\n${'  - {tool: status_show}\n'.repeat(201)}`,
  `description: ${'x'.repeat(199_000)}\nsteps: [{tool: status_show}]`,
  'steps: [{tool: status_show}]\n\u0000: 1',
  'steps: [!!js/function "x"]',
  'steps: !!set {tool, status_show}',
  '? {a: b}\n: 1',
  'steps: [{tool: status_show}]\n__proto__: {a: 1}',
  'steps: [{tool: status_show, __proto__: {a: 1}}]',
  'steps: [{tool: status_show}]\nconstructor: 1',
];

/** Fields at the top, beside a good step. */
const tops = listed(`
  name: ../x
  name: "a b"
  name: 5
  name: __proto__
  description: [a]
  description: {a: 1}
  colour: red
  inputs: [a]
  inputs: {"a-b": {}}
  inputs: {"1a": {}}
  inputs: {a: text}
  inputs: {a: {type: text}}
  inputs: {a: {type: string, min: 1}}
  inputs: {a: {required: maybe}}
  inputs: {__proto__: {}}
  on_failure: explode
  on_failure: [abort]
  rollback: {tool: status_show}
  rollback: [status_show]
  rollback: [{input: {}}]
  rollback: [{tool: status_show, input: []}]
  rollback: [{tool: file_read, input: {path: "\${{ item }}"}}]
  rollback: [{tool: file_read, input: {path: "\${{ previous.summary }}"}}]
  rollback: [{tool: file_read, input: {path: "\${{ steps.none.summary }}"}}]
  rollback: [{tool: file_read}]
  notify: [a]
  notify: {profile: a}
  summary: [a]
  summary: "\${{ steps.none.summary }}"
  summary: "\${{ oops"
  schedule: "@daily"
`).map((line) => `${line}\nsteps: [{id: a, tool: status_show}]`);

/** Fields of a step, beside a tool. */
const fields = listed(`
  id: 1a
  id: a.b
  id: "a b"
  id: ""
  id: __proto__
  id: [a]
  tol: x
  name: x
  input: []
  input: text
  input: {colour: red}
  input: {"\${{ inputs.x }}": 1}
  needs: b
  needs: [b]
  needs: [a]
  needs: [1]
  needs: [__proto__]
  for_each: 5
  for_each: {a: 1}
  for_each: "\${{ item }}"
  for_each: "\${{ steps.a.output }}"
  check: 5
  check: {}
  check: {tool: status_show, expects: "true"}
  check: {tool: status_show, expect: "output ="}
  check: output.ok
  check: [steps.a.ok]
  verify: [[]]
  verify: item == 1
  verify: steps.a.ok
  undo: status_show
  undo: {input: {}}
  undo: {tool: status_show, if: "true"}
  undo: {tool: file_read, input: {path: "\${{ item }}"}}
  retry: 3
  retry: {}
  retry: {times: 0}
  retry: {times: 11}
  retry: {times: 1.5}
  retry: {times: three}
  retry: {times: 2, backoff: soon}
  retry: {times: 2, backoff: -1s}
  retry: {times: 2, backoff: 99999999999d}
  timeout: 5
  timeout: soon
  timeout: 0s
  timeout: 5 m
  timeout: 1e9s
  timeout: 60d
  timeout: Infinity
  on_failure: retry
  shell: ls
  http: http://127.0.0.1/
  approval_gate: Go on?
  skill: x
  claude_prompt: x
`).map((line) => `steps:\n  - tool: status_show\n    ${line.startsWith('id:') ? line : `id: a\n    ${line}`}`);

/** In place of a tool. */
const deeds = listed(`
  tool: 5
  tool: [status_show]
  tool: ${'x'.repeat(61)}
  shell: 5
  shell: [5]
  shell: {command: ls}
  shell: []
  shell: "rm \${{ inputs.x }}"
  shell: [sh, -c, "\${{ inputs.x }}"]
  shell: ["\${{ inputs.x }}"]
  shell: [bash, "-lc", "ls \${{ inputs.x }}"]
  shell: [ssh, host, "\${{ inputs.x }}"]
  shell: [xargs, "\${{ inputs.x }}"]
  http: 5
  http: {method: GET}
  http: {url: http://127.0.0.1/, verb: GET}
  http: {url: http://127.0.0.1/, method: FETCH}
  http: [http://127.0.0.1/]
  skill: [x]
  claude_prompt: [x]
  approval_gate: 5
  approval_gate: {}
  approval_gate: {message: ""}
  approval_gate: {message: Go on?, approvers: 0}
  approval_gate: {message: Go on?, approvers: 1.5}
  approval_gate: {message: Go on?, approvers: 100}
  approval_gate: {message: Go on?, not_self: maybe}
  approval_gate: {message: Go on?, expires: never}
  approval_gate: {message: Go on?, expires: 0s}
  approval_gate: {message: "\${{ steps.none.summary }}"}
  approval_gate: {message: Go on?, notself: true}
  {tool: file_read, input: {path: 5}}
  {tool: file_read, input: {}}
  {tool: file_read, input: {path: a, lines: many}}
  {tool: shell_run, input: {}}
  {tool: machine_status, input: {parts: [engine]}}
  {tool: workflow_run, input: {name: "../../etc/passwd"}}
  {approval_gate: Go on?, retry: {times: 2}}
  {approval_gate: Go on?, undo: {tool: status_show}}
`).map((line) => `inputs: {x: {}}\nsteps:\n  - ${line}`);

/** Conditions. */
const conditions = [
  ...listed(`
  steps
  steps.none.ok
  steps.a
  steps.a.okay
  steps.a.ok.x
  steps.a.approved
  steps.a.error.stack
  steps.b.ok
  steps.__proto__.ok
  steps.constructor.ok
  steps.a.__proto__
  inputs
  inputs.none
  inputs.x.y
  inputs.__proto__
  previous
  previous.okay
  item
  item.x
  output
  output.ok
  run
  run.name
  run.id.x
  constructor
  not constructor
  __proto__
  toString
  env.HOME
  process.env.HOME
  secrets.key
  globalThis
  always
  always(1)
  never()
  eval("1")
  require("fs")
  Function("return 1")()
  steps.a.ok = true
  steps.a.ok === true
  steps.a.ok && true
  steps.a.ok || true
  !steps.a.ok
  steps.a.ok ? 1 : 2
  steps["a"].ok
  steps.a.ok; true
  steps.a.ok and
  and steps.a.ok
  not
  ( steps.a.ok
  steps.a.ok )
  steps.a.ok steps.a.ok
  1 + 1 == 2
  1 == 1 == 1
  1 < 2 < 3
  inputs.x =~ "a"
  inputs.x contains
  contains "a"
  "open
  'open
  "wrong \\q"
  1.2.3 == 1
  0x10 == 16
  \`x\` == "x"
  $x
  \${{ inputs.x }}
  {{ inputs.x }}
  `),
  '',
  ' ',
  'not '.repeat(100) + 'true',
  `${'('.repeat(100)}true${')'.repeat(100)}`,
  `inputs.x == "${long}"`,
  `steps.${'x'.repeat(1_900)}.ok`,
].map(
  (condition) =>
    `inputs: {x: {}}\nsteps:\n  - {id: a, tool: status_show}\n  - tool: status_show\n    if: ${JSON.stringify(condition)}\n  - {id: b, tool: status_show}`,
);

const circles = [
  'steps: [{id: a, tool: status_show, needs: [b]}, {id: b, tool: status_show, needs: [a]}]',
  'steps: [{id: a, tool: status_show, needs: [c]}, {id: b, tool: status_show, needs: [a]}, {id: c, tool: status_show, needs: [b]}]',
  'steps: [{id: a, tool: status_show}, {id: a, tool: status_show}]',
  'steps: [{tool: status_show}, {id: step1, tool: status_show}]',
  'steps: [{id: a, tool: status_show, needs: []}, {id: b, tool: status_show, needs: [], if: steps.a.ok}]',
  'steps: [{id: a, tool: status_show, needs: []}, {id: b, tool: status_show, needs: [], if: previous.ok}]',
];

const all = [...texts, ...tops, ...fields, ...deeds, ...conditions, ...circles];

test(
  `${all.length} malformed workflows are refused, each with line and column, in short, and nothing is stored`,
  { timeout: 60_000 },
  async () => {
    const app = await startApp();
    const wrong: string[] = [];
    for (const text of all) {
      const told = await app.call('workflow_save', { name: 'one', text }).then(
        () => 'taken',
        (error: unknown) => error as ToolError,
      );
      const isClear =
        typeof told !== 'string' &&
        told.code === 'invalid_input' &&
        told.hint !== '' &&
        /^one, line \d+, column \d+: .{5,330}$/.test(told.message);
      if (!isClear)
        wrong.push(
          `${JSON.stringify(text.slice(0, 160))}: ${typeof told === 'string' ? told : `${told.code} ${told.message.slice(0, 200)}`}`,
        );
    }
    console.log(`workflows: ${all.length} malformed, ${wrong.length} taken or unclear`);
    expect(wrong).toEqual([]);
    expect(existsSync(app.paths.workflows) ? readdirSync(app.paths.workflows) : []).toEqual([]);
  },
);

test('what a tool call says wrongly of a workflow is named by its field', async () => {
  const app = await startApp();
  const text = 'inputs: {n: {type: integer, required: true}}\nsteps: [{tool: status_show}]';
  await app.call('workflow_save', { name: 'one', text });
  const calls: [string, unknown, string][] = [
    ['workflow_save', { name: '../one', text }, 'name'],
    ['workflow_save', { name: '__proto__', text }, 'name'],
    ['workflow_save', { name: 'two', text: '' }, 'text'],
    ['workflow_save', { name: 'two', text: 'x'.repeat(200_001) }, 'text'],
    ['workflow_save', { name: 'two' }, 'text'],
    ['workflow_run', { name: 'one' }, 'The input n is missing'],
    ['workflow_run', { name: 'one', inputs: { n: 'many' } }, 'The input n is no integer'],
    ['workflow_run', { name: 'one', inputs: { n: 1.5 } }, 'The input n is no integer'],
    ['workflow_run', { name: 'one', inputs: { n: 1, m: 2 } }, 'it has n'],
    ['workflow_run', { name: 'one', inputs: [] }, 'inputs'],
    ['workflow_run', { name: 'one', inputs: { n: 1 }, approved: 5 }, 'approved'],
    ['workflow_run', { name: '/etc/passwd' }, 'name'],
    ['workflow_validate', {}, 'name'],
  ];
  for (const [tool, input, told] of calls)
    await expect(app.call(tool, input), JSON.stringify(input).slice(0, 80)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining(told) as string,
    });
  await expect(app.call('workflow_run', { name: 'none' })).rejects.toMatchObject({ code: 'not_found' });
  await expect(app.call('workflow_delete', { name: 'none' })).rejects.toMatchObject({ code: 'approval_required' });
  expect((await app.backend.list({ kind: 'workflow', limit: 1 })).items).toEqual([]);
});
