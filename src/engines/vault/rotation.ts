import { isoTime } from '../../core/clock.ts';
import type { SecretRecord } from './vault-content.ts';

export type Rotation = 'none' | 'fresh' | 'due' | 'overdue';

const dayMs = 86_400_000;
/** How long before its date a secret counts as due. */
const warnDays = 7;

export interface RotationState {
  rotation: Rotation;
  /** ISO 8601; absent where the secret has no policy. */
  rotateBy?: string;
}

/** Where a secret stands against its rotation policy: its value should change every `rotateEveryDays` days. */
export function rotationOf({ rotateEveryDays, changedAt }: SecretRecord, now: number): RotationState {
  if (rotateEveryDays === undefined) return { rotation: 'none' };
  const at = changedAt + rotateEveryDays * dayMs;
  const warnFrom = at - Math.min(warnDays, rotateEveryDays / 2) * dayMs;
  return { rotation: now >= at ? 'overdue' : now >= warnFrom ? 'due' : 'fresh', rotateBy: isoTime(at) };
}
