import { describe, expect, test } from 'vitest';
import type { ToolError } from '../../../src/core/errors.ts';
import { readWorkflow } from '../../../src/engines/workflow/read-workflow.ts';

const read = (text: string): ReturnType<typeof readWorkflow> =>
  readWorkflow(text, { file: 'workflows/nightly.yaml', isTool: (name) => !name.startsWith('llm_') });

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
`);
  expect(workflow.name).toBe('nightly');
  expect(workflow.steps.map(({ id, needs }) => [id, needs])).toEqual([
    ['disk', []],
    ['page', []],
    ['step3', ['disk', 'page']],
    ['step4', ['step3']],
    ['step5', ['step4']],
  ]);
  expect(workflow.steps[0]!.does).toMatchObject({ tool: 'shell_run' });
  expect(workflow.steps[3]!.does).toMatchObject({ approvers: 2, notSelf: true, expiresMs: 7_200_000 });
  expect(missingTools).toEqual([{ step: 'step5', tool: 'llm_prompt', line: 14 }]);
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
    ['an unknown input', step('    input: {parts: "${{ inputs.x }}"}\n'), 'there is no input x'],
    ['an unknown field of a step', step('  - if: steps.a.okay\n    shell: ls\n'), 'a step has ok'],
    ['an unknown root', step('    if: secrets.key == "x"\n'), 'secrets.key is unknown'],
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

test('aliases that multiply and huge files are refused, not unfolded', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\nsteps: []\n`;
  expect(() => read(bomb)).toThrow(/aliases/);
  expect(() => read(`# ${'x'.repeat(300_000)}`)).toThrow(/longer than/);
});
