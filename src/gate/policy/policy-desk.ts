import type { Caller } from '../../core/tool.ts';
import type { Explanation, OpenGate } from '../gate-types.ts';
import type { PolicyFile, PolicyState } from './policy-file.ts';
import type { PolicyRule, Trusted } from './policy-schema.ts';

export interface PolicyView extends PolicyState {
  rules: { number: number; rule: PolicyRule }[];
  trusted: Trusted;
  /** Rules that never fit, or that nobody can answer. */
  warnings: string[];
  /** What stands above the rules. */
  builtIn: string[];
  /** Whether commands of anyone but the owner run in a sandbox here. */
  sandbox: boolean;
}

/** Shows the owner's rules, and what they would do. */
export interface PolicyDesk {
  show(): PolicyView;
  /** Nothing is called. Throws `unknown_tool` and `invalid_input` as the call itself would. */
  test(caller: Caller, tool: string, input: unknown): Explanation;
}

const builtIn = [
  'Denied, whoever asks: deleting the whole system or home, erasing disks and file systems, fork bombs, forced pushes to a default branch, dropping databases, running what the network sends.',
  "Denied, whoever asks: reading or changing claw's own data from file and shell tools, and commanding claw through its own shell.",
  'Denied to all but the owner: what a tool reserves for the owner, such as answering approvals.',
  'Asks: sending or leaving something behind after reading untrusted text, unless the call is part of the request; always where private data was read as well.',
  'Asks: any change that a model chose by itself after reading untrusted text; after reading private data too, unless a rule allows it.',
  'Asks: whatever changes the vault, of anyone but the owner, each time.',
  "Denied to all but the owner, and asked of the owner: changing claw's own program.",
  'Asks: writes of anyone but the owner where others execute or trust what they find: shell start-up files, keys, hooks, units, schedules, folders of programs.',
  'Asks: commands of anyone but the owner where no sandbox can start, or that have something started outside it, such as a container.',
  'Asks, unless a rule allows it: what is destructive, which a command line that cannot be parsed is too.',
];

export function createPolicyDesk(parts: { policy: PolicyFile; explain: OpenGate['explain']; canSandbox: () => boolean }): PolicyDesk {
  const { policy, explain, canSandbox } = parts;
  return {
    show: () => {
      const { rules, trusted, warnings } = policy.current();
      return {
        ...policy.state(),
        rules: rules.map(({ number, rule }) => ({ number, rule })),
        trusted,
        warnings,
        builtIn,
        sandbox: canSandbox(),
      };
    },
    test: explain,
  };
}

/** For the status of claw: a broken file that is not in force, and rules without effect. */
export function policyWarnings(policy: PolicyFile): string[] {
  const { error } = policy.state();
  const broken = error === undefined ? [] : [`policy.yaml is broken, so its last good rules stay in force: ${error}`];
  return [...broken, ...policy.current().warnings.map((warning) => `policy.yaml, ${warning}`)];
}
