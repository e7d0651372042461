import { statSync } from 'node:fs';
import type { Log } from '../core/log.ts';

/** Before a call: the secrets that are new in the vault are known to the redactor, whichever process has set them. */
export type SecretWatch = () => Promise<void> | undefined;

interface WatchParts {
  /** The vault's file; where there is none, nothing is loaded. */
  file: string;
  learn: () => Promise<void>;
  log: Log;
}

/** Looks at the file's state, and reads the vault only when that has changed. A vault that cannot be read is told to the log. */
export function watchSecrets({ file, learn, log }: WatchParts): SecretWatch {
  let known = '';
  let reading: Promise<void> | undefined;
  return () => {
    const found = statSync(file, { throwIfNoEntry: false });
    const state = found ? `${found.ino} ${found.size} ${found.mtimeMs}` : '';
    if (state === known) return reading;
    known = state;
    if (state === '') return undefined;
    reading = learn()
      .catch((error: unknown) => log.info('secrets_unknown', { error }))
      .finally(() => (reading = undefined));
    return reading;
  };
}
