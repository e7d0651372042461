import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { SFTPWrapper, Stats } from 'ssh2';
import { syncFolder } from '../../core/atomic-write.ts';
import { ToolError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';

export interface Transfer {
  sftp: SFTPWrapper;
  /** A path on this machine, real, and one on the other. */
  local: string;
  remote: string;
  overwrite: boolean;
  signal: AbortSignal;
  onBytes: (done: number, total: number) => void;
}

export interface Transferred {
  bytes: number;
  sha256: string;
  /** Nothing was there before. */
  created: boolean;
}

const pieceBytes = 32_768;
/** Requests on their way at the same time: the line stays full although each waits for its answer. */
const lanes = 64;

/** Whole or not at all: it goes to a name of its own first. Throws `conflict` where something is there that may not be replaced. */
export async function upload(transfer: Transfer): Promise<Transferred> {
  const { sftp, local, remote, overwrite, signal, onBytes } = transfer;
  const before = await statOf(sftp, remote);
  if (before?.isDirectory()) throw new ToolError('invalid_input', `${remote} is a folder.`, { hint: 'Name the file in it.' });
  if (before && !overwrite) throw taken(remote);
  const { size } = await stat(local);
  const temporary = path.posix.join(path.posix.dirname(remote), `.${path.posix.basename(remote).slice(0, 100)}.${newId('new')}`);
  try {
    await tell(signal, (done) =>
      sftp.fastPut(
        local,
        temporary,
        { concurrency: lanes, chunkSize: pieceBytes, mode: before?.mode ?? 0o644, step: (sent) => onBytes(sent, size) },
        done,
      ),
    );
    // The OpenSSH extension replaces in one step; plain SFTP cannot rename to what exists.
    await tell(signal, (done) => (before ? sftp.ext_openssh_rename(temporary, remote, done) : sftp.rename(temporary, remote, done)));
  } catch (error) {
    sftp.unlink(temporary, () => {});
    throw explained(error, remote);
  }
  return { bytes: size, sha256: await digestOf(local), created: before === undefined };
}

/** To a name beside the file's first, so that a cut line leaves nothing half behind. */
export async function download({ sftp, local, remote, overwrite, signal, onBytes }: Transfer): Promise<Transferred> {
  const there = await statOf(sftp, remote);
  if (!there) throw new ToolError('not_found', `${remote} does not exist there.`, { hint: 'Look with ssh_run and ls.' });
  if (there.isDirectory()) throw new ToolError('invalid_input', `${remote} is a folder.`, { hint: 'Pack it there first: tar.' });
  const isThere = await stat(local).then(
    () => true,
    () => false,
  );
  if (isThere && !overwrite) throw taken(local);
  const temporary = path.join(path.dirname(local), `.${path.basename(local).slice(0, 100)}.${newId('new')}`);
  try {
    await tell(signal, (done) =>
      sftp.fastGet(remote, temporary, { concurrency: lanes, chunkSize: pieceBytes, step: (got) => onBytes(got, there.size) }, done),
    );
    const handle = await open(temporary, 'r+');
    await handle.sync();
    await handle.close();
    await rename(temporary, local);
    await syncFolder(path.dirname(local));
  } catch (error) {
    await rm(temporary, { force: true });
    throw explained(error, remote);
  }
  return { bytes: there.size, sha256: await digestOf(local), created: !isThere };
}

export const statOf = (sftp: SFTPWrapper, remote: string): Promise<Stats | undefined> =>
  new Promise((resolve, reject) => {
    sftp.stat(remote, (error, found) => {
      if (!error) resolve(found);
      else if ((error as { code?: unknown }).code === noSuchFile) resolve(undefined);
      else reject(explained(error, remote));
    });
  });

/** SSH_FX_NO_SUCH_FILE and SSH_FX_PERMISSION_DENIED (draft-ietf-secsh-filexfer-02, 7). */
const noSuchFile = 2;
const permissionDenied = 3;

function tell(signal: AbortSignal, begin: (done: (error?: Error | null) => void) => void): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const cancel = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', cancel, { once: true });
    begin((error) => {
      signal.removeEventListener('abort', cancel);
      if (error) reject(error);
      else resolve();
    });
  });
}

export async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

const taken = (file: string): ToolError =>
  new ToolError('conflict', `${file} exists already.`, { hint: 'Choose another name, or allow overwriting: overwrite true.' });

function explained(error: unknown, remote: string): unknown {
  if (error instanceof ToolError || !(error instanceof Error)) return error;
  const { code } = error as { code?: unknown };
  if (code === noSuchFile)
    return new ToolError('not_found', `${remote}: there is no such folder there.`, {
      hint: 'Make it with ssh_run mkdir -p.',
      cause: error,
    });
  if (code === permissionDenied)
    return new ToolError('denied', `${remote} may not be touched by the user one is there.`, {
      hint: 'Check its owner there.',
      cause: error,
    });
  if (code === 'ENOSPC')
    return new ToolError('failed', 'This disk is full.', { hint: 'Free some space; nothing was changed.', cause: error });
  return new ToolError('unavailable', `The transfer of ${remote} was cut.`, {
    hint: 'Nothing half is left under its name; try again.',
    cause: error,
  });
}
