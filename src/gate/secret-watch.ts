import { statSync } from 'node:fs';
import type { Log } from '../core/log.ts';

/** Before a call: secrets that are new in a file of claw's are known to the redactor, whichever process has set them. */
export type SecretWatch = () => Promise<void> | undefined;

interface SecretSource {
  /** Where there is none, nothing is loaded. */
  file: string;
  learn: () => Promise<void>;
}

interface WatchParts {
  sources: SecretSource[];
  log: Log;
}

/** Looks at the state of each file, and reads one only when that has changed. What cannot be read is told to the log. */
export function watchSecrets({ sources, log }: WatchParts): SecretWatch {
  const watches = sources.map((source) => watchOne(source, log));
  return () => {
    const reading = watches.map((watch) => watch()).filter((one) => one !== undefined);
    return reading.length === 0 ? undefined : Promise.all(reading).then(() => {});
  };
}

function watchOne({ file, learn }: SecretSource, log: Log): SecretWatch {
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
