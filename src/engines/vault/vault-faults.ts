import { ToolError } from '../../core/errors.ts';

/** Everything that can be wrong with a vault. Each has its own words and its own way out. */
export type VaultFault =
  | { state: 'wrong_identity'; recipient: string; expected?: string }
  | { state: 'no_identity' }
  | { state: 'locked' }
  | { state: 'damaged' }
  | { state: 'truncated'; found: number; expected: number }
  | { state: 'rolled_back'; generation: number; newest: number }
  | { state: 'swapped'; why: string }
  | { state: 'missing'; newest: number };

export type FaultState = VaultFault['state'];

interface Places {
  vault: string;
  identity: string;
  /** The newest kept generation, if any. */
  kept: number | undefined;
}

/** A vault that cannot be used as it stands. `state` is for `vault_status`; the rest is what the caller sees. */
export class VaultError extends ToolError {
  readonly state: FaultState;

  constructor(fault: VaultFault, places: Places) {
    const [message, hint] = words(fault, places);
    super(fault.state === 'locked' ? 'unavailable' : 'bad_config', message, { hint });
    this.state = fault.state;
  }
}

function words(fault: VaultFault, { vault, identity, kept }: Places): [message: string, hint: string] {
  const restore =
    kept === undefined
      ? `No earlier generation is kept: put back ${vault} from a backup.`
      : `Generation ${kept} is kept: claw vault restore ${kept} brings it back.`;
  const backup = `Put back the identity.txt that belongs to it; nothing was changed. Whoever has lost it begins anew with: claw vault restore 0`;
  switch (fault.state) {
    case 'wrong_identity':
      return [`${identity} is the wrong key for ${vault}: it is ${fault.recipient}${but(fault.expected)}.`, backup];
    case 'no_identity':
      return [`${identity} is missing, and without it ${vault} cannot be read.`, backup];
    case 'locked':
      return [
        `${identity} is protected by a passphrase that is not known here.`,
        'Set CLAW_VAULT_PASSPHRASE, or give the command on a terminal with --no-daemon.',
      ];
    case 'damaged':
      return [`${vault} is damaged: its content is not what its first line says.`, restore];
    case 'truncated':
      return [`${vault} is cut off: ${fault.found} of ${fault.expected || 'an unknown number of'} bytes are there.`, restore];
    case 'rolled_back':
      return [
        `${vault} is an older one: generation ${fault.generation}, but generation ${fault.newest} was seen.`,
        `${restore} To go on with the older one: claw vault restore ${fault.generation}`,
      ];
    case 'swapped':
      return [`${vault} is not the file that claw wrote: ${fault.why}.`, restore];
    case 'missing':
      return [`${vault} is gone, but generation ${fault.newest} was seen.`, restore];
  }
}

const but = (expected: string | undefined): string => (expected === undefined ? '' : `, and ${expected} is needed`);
