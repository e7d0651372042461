import { describe, expect, test } from 'vitest';
import type { ToolError } from '../../../src/core/errors.ts';
import { tools } from '../../../src/tools/index.ts';
import { readWorkflow } from '../../../src/engines/workflow/read-workflow.ts';

const read = (text: string): ReturnType<typeof readWorkflow> =>
  readWorkflow(text, { file: 'workflows/nightly.yaml', find: (name) => tools.find((tool) => tool.name === name) });

test('shorthands are calls, and a step follows the one before unless it says what it needs', () => {
  const { workflow, missingTools } = read(`
inputs:
  host: {type: string, default: nas}
steps:
  - id: disk
    shell: df -h
  - id: page
    http: "http://\${{ inputs.host }}/"
    needs: []
  - tool: file_write
    needs: [disk, page]
    input: {path: /tmp/a, text: "\${{ steps.disk.output.stdout }}"}
  - approval_gate: {message: "Go on?", approvers: 2, not_self: true, expires: 2h}
  - claude_prompt: Summarise
  - skill: heartbeat
`);
  expect(workflow.name).toBe('nightly');
  expect(workflow.steps.map(({ id, needs }) => [id, needs])).toEqual([
    ['disk', []],
    ['page', []],
    ['step3', ['disk', 'page']],
    ['step4', ['step3']],
    ['step5', ['step4']],
    ['step6', ['step5']],
  ]);
  expect(workflow.steps[0]!.does).toMatchObject({ tool: 'shell_run' });
  expect(workflow.steps[3]!.does).toMatchObject({ approvers: 2, notSelf: true, expiresMs: 7_200_000 });
  expect(workflow.steps[4]!.does).toMatchObject({ tool: 'llm_prompt' });
  expect(missingTools).toEqual([{ step: 'step6', tool: 'skill_run', line: 15 }]);
});

describe('what is wrong is named with line and column', () => {
  const step = (text: string): string => `steps:\n  - id: a\n    tool: machine_status\n${text}`;
  const faults: [string, string, string][] = [
    ['no steps', 'description: x', 'line 1, column 1: steps'],
    ['no YAML', 'steps: [', 'line 1'],
    ['a tab', 'steps:\n\t- tool: x', 'line 2'],
    ['a key twice', 'steps: []\nsteps: []', 'line 2'],
    ['an unknown field', step('    tol: x\n'), 'tol'],
    ['a wrong type', 'steps: 7', 'line 1, column 8'],
    ['two deeds', step('    shell: ls\n'), 'line 2, column 5: steps.0: says tool and shell'],
    ['no deed', 'steps:\n  - id: a\n', 'says nothing to do'],
    ['an unknown step', step('    if: steps.b.ok\n'), 'line 4, column 9: steps.0.if: steps.b.ok: there is no step b'],
    ['an unknown input', step('    input: {part: "${{ inputs.x }}"}\n'), 'there is no input x'],
    ['an unknown field of a step', step('  - if: steps.a.okay\n    shell: ls\n'), 'a step has ok'],
    ['an unknown root', step('    if: secrets.key == "x"\n'), 'secrets.key: there is no such name'],
    ['an unknown function', step('    if: exec("x")\n'), 'no function exec()'],
    ['an expression that is none', step('    if: a = b\n'), 'line 4, column 9'],
    ['an open template', step('    input: {parts: "${{ inputs"}\n'), 'not closed'],
    ['a step twice', step('  - id: a\n    shell: ls\n'), 'line 4, column 9: steps.1.id: there is a step a already'],
    ['a circle', step('    needs: [b]\n  - id: b\n    shell: ls\n    needs: [a]\n'), 'a → b → a'],
    ['a need that is not there', step('    needs: [zz]\n'), 'there is no step zz'],
    ['a step that may not have ended', step('  - id: b\n    shell: ls\n    needs: []\n    if: steps.a.ok\n'), 'may not have ended'],
    ['a bad duration', step('    timeout: soon\n'), 'is a duration'],
    ['too many retries', step('    retry: {times: 1000}\n'), 'retry.times'],
    ['a bad name', 'steps:\n  - id: "../x"\n    shell: ls\n', 'is a name of letters'],
    ['item without a loop', step('    if: item == 1\n'), 'line 4, column 9: steps.0.if: item: item is only there'],
    ['item before the loop', step('    for_each: [1]\n    if: item == 1\n'), 'item is only there'],
    ['output before the call', step('    if: output.ok\n'), 'output is only there in verify'],
    ['output in a check', step('    check: output.ok\n'), 'output is only there in verify'],
    ['output in an input', step('    input: {part: "${{ output }}"}\n'), 'output is only there in verify'],
    ['a run has only an id', step('    if: run.owner == "me"\n'), 'a run has id'],
    ['a run is not inside its id', step('    if: run.id.x == "me"\n'), 'a run has id'],
    ['previous of the first step', step('    if: previous.ok\n'), 'no step before that has ended'],
    ['previous of a step side by side', step('  - shell: ls\n    needs: []\n    if: previous.ok\n'), 'no step before that has ended'],
    ['approval of a step that asks nobody', step('  - shell: ls\n    if: steps.a.approved\n'), 'it is never approved'],
    ['something inside a truth', step('  - shell: ls\n    if: steps.a.ok.x\n'), 'ok has nothing inside'],
    ['something unknown in an error', step('  - shell: ls\n    if: steps.a.error.stack == "x"\n'), 'error has code'],
    ['something inside a text', `inputs: {a: {type: string}}\n${step('    if: inputs.a.b\n')}`, 'has nothing inside'],
    ['a name of every object', step('    if: not constructor\n'), 'constructor: there is no such name'],
    ['a name inside every object', step('    if: inputs.constructor == null\n'), 'there is no input constructor'],
    ['a later step in verify', step('    verify: steps.b.ok\n  - id: b\n    shell: ls\n'), 'step b may not have ended'],
    ['itself in verify', step('    verify: steps.a.ok\n'), 'step a may not have ended'],
    [
      'a later step in undo',
      step('    undo: {tool: shell_run, input: {script: "${{ steps.b.output }}"}}\n  - id: b\n    shell: ls\n'),
      'step b may not',
    ],
    ['a text with a wrong escape', step(`    if: 'inputs.a == "\\q"'\n`), 'written as in JSON'],
    ['a circle of anchors', 'steps: &a [*a]\n', 'nested too deeply'],
    ['brackets without end', `steps: ${'['.repeat(5_000)}`, 'nested too deeply'],
    ['a deep value', step(`    input: {part: ${'['.repeat(60)}${']'.repeat(60)}}\n`), 'nested too deeply'],
    ['a collection as a name', '? [a, b]\n: 1\n', 'the name of a field is no text'],
    ['the prototype as a step', 'steps:\n  - id: __proto__\n    shell: ls\n', 'is a name of letters'],
    ['the prototype as a field', step('    input: {__proto__: 1}\n'), '__proto__ is no name for a field'],
    ['a duration beyond timers', step('    timeout: 60d\n'), 'between 1ms and 20d'],
    ['a duration of nothing', step('    timeout: 0s\n'), 'between 1ms and 20d'],
    ['a wrong input', step('    input: {colour: red}\n'), 'machine_status has no input colour'],
    ['a wrong type of input', 'steps:\n  - tool: file_read\n    input: {path: 5}\n', 'line 3, column 19: steps.0.input.path'],
    ['an input too few', 'steps:\n  - tool: file_read\n    input: {}\n', 'says file_read'],
    ['a shorthand', 'steps:\n  - shell: "echo ${{ oops }}"\n', 'line 2, column 12: steps.0.shell: oops: there is no such name'],
    [
      'a value in a script',
      'inputs: {a: {}}\nsteps:\n  - shell: "rm ${{ inputs.a }}"\n',
      'line 3, column 12: steps.0.shell: a value is not put into a script',
    ],
    [
      'a value as code',
      'inputs: {a: {}}\nsteps:\n  - shell: [sh, -c, "${{ inputs.a }}"]\n',
      'line 3, column 21: steps.0.shell.2: a value is not put into code',
    ],
    ['a value as a program', 'inputs: {a: {}}\nsteps:\n  - shell: ["${{ inputs.a }}"]\n', 'the name of a program'],
    ['inputs beside a question', 'steps:\n  - approval_gate: Go on?\n    input: {a: 1}\n', 'means nothing beside approval_gate'],
    ['a bad failure rule', 'on_failure: explode\nsteps:\n  - shell: ls\n', 'line 1, column 13'],
  ];
  test.each(faults)('%s', (_name, text, told) => {
    let error: ToolError | undefined;
    try {
      read(text);
    } catch (caught) {
      error = caught as ToolError;
    }
    expect(error?.code).toBe('invalid_input');
    expect(error?.message).toContain(told);
    expect(error?.message).toMatch(/^nightly, line \d+, column \d+: /);
    expect(error?.hint).toContain('workflows.md');
  });
});

test('tools that are not there are found wherever a call may stand', () => {
  const { missingTools } = read(`
notify: admins
steps:
  - id: a
    shell: ls
    check: {tool: no_check}
    verify: [{tool: no_verify, expect: output.ok}]
    undo: {tool: no_undo}
rollback: [{tool: no_rollback}]
`);
  expect(missingTools.map(({ step, tool, line }) => [step, tool, line])).toEqual([
    ['a', 'no_check', 6],
    ['a', 'no_verify', 7],
    ['a', 'no_undo', 8],
    ['rollback', 'no_rollback', 9],
    ['notify', 'message_notify', 2],
  ]);
});

test('what someone wrote comes back in errors cut short', () => {
  const long = 'x'.repeat(50_000);
  const step = (field: string): string => `steps:\n  - shell: ls\n    ${field}`;
  for (const text of [
    step(`if: ${long}`),
    step(`${long}: 1`),
    step(`if: steps.${long.slice(0, 1_500)}.ok`),
    `steps: *${long}`,
    step(`if: "${long.slice(0, 1_900)}()"`),
  ])
    expect(() => read(text)).toThrow(expect.objectContaining({ message: expect.stringMatching(/^.{20,400}$/) as string }));
});

test('a file is read in time that grows with its length', () => {
  const began = performance.now();
  for (const part of ['${{ ', '}} ${{', '"\\', '${{ a }}', '- ', '? ', '&a ', '[', '{a: '])
    expect(() => read(`steps:\n  - shell: ls\n    input: {cwd: '${part.repeat(40_000)}'}`.slice(0, 199_000))).toThrow();
  expect(performance.now() - began).toBeLessThan(10_000);
});

test('aliases that multiply and huge files are refused, not unfolded', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\nsteps: []\n`;
  expect(() => read(bomb)).toThrow(/aliases/);
  expect(() => read(`# ${'x'.repeat(300_000)}`)).toThrow(/longer than/);
});
