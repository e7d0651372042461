import type { Caller } from '../../core/tool.ts';
import type { SecretUse } from '../../core/secret.ts';
import type { RotationState } from './rotation.ts';
import type { FaultState } from './vault-faults.ts';
import type { Written } from './vault-writer.ts';

/** A secret without its value. Times are ISO 8601. */
export interface SecretInfo extends RotationState {
  name: string;
  /** Tools that may use it; any where absent. */
  tools?: string[];
  /** Hosts it may go to; any where absent. */
  hosts?: string[];
  rotateEveryDays?: number;
  createdAt: string;
  changedAt: string;
  /** Named like a setting, and used as such at start. */
  isSetting: boolean;
}

export interface SecretChange extends Written {
  name: string;
  change: 'created' | 'replaced' | 'ruled';
}

/** What `set` may change. A list that is empty, or 0 days, takes that part of the rule away. */
export interface SecretEdit {
  value?: string;
  tools?: string[];
  hosts?: string[];
  rotateEveryDays?: number;
}

export interface VaultStatus {
  state: 'ok' | 'empty' | FaultState;
  /** Of the file as it stands; absent where it cannot be told. */
  generation?: number;
  /** The newest that was ever seen. */
  newestSeen: number;
  secrets?: number;
  settings?: string[];
  /** Public key of identity.txt. */
  recipient?: string;
  isProtected?: boolean;
  due: string[];
  overdue: string[];
  kept: { generation: number; writtenAt: string }[];
  /** What is wrong, and the way out. */
  problem?: { message: string; hint: string };
}

/** Secrets, encrypted at rest. Values leave by `open` and `reveal` only, neither of which a tool can reach. */
export interface Vault {
  /** Throws `denied` where someone other than the owner would widen a rule or set a setting. */
  set(name: string, edit: SecretEdit, by: Caller): Promise<SecretChange>;
  /** Throws `not_found`. */
  delete(name: string): Promise<Written & { name: string }>;
  list(): Promise<SecretInfo[]>;
  has(name: string): Promise<boolean>;
  status(): Promise<VaultStatus>;
  /** A new value for a secret that exists. */
  rotate(name: string, value: string, by: Caller): Promise<SecretChange>;
  /** A new key pair for the vault and all kept generations. */
  rekey(): Promise<Written & { recipient: string }>;
  /** Brings a kept generation back: all of it, or these names as they were then. 0 is the empty vault. */
  restore(generation: number, names?: string[]): Promise<Written>;
  /** Writes a `.env` file (0600) that must not exist yet. Whoever calls has made sure that the path may be touched. */
  exportTo(file: string, names?: string[]): Promise<{ path: string; names: string[] }>;
  /** Takes the values of a `.env` file, at a path that may be touched. Those it does not take are named with the reason. */
  importFrom(file: string, options: { overwrite: boolean; by: Caller }): Promise<Written & ImportOutcome>;
  /** For engines. Checks the secret's rule, has the value removed from every output, and puts the use on record. */
  open(name: string, use: SecretUse): Promise<string>;
  /** For the owner at a terminal: no rule, but on record like any other use. */
  reveal(name: string): Promise<string>;
  /** Hands every value to the redactor, so that none leaves although nobody has used it in this process. */
  learn(): Promise<void>;
}

export interface ImportOutcome {
  imported: string[];
  skipped: { name: string; why: string }[];
}
