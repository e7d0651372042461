import { spawn } from 'node:child_process';
import { closeSync, constants, fsyncSync, openSync, writeSync } from 'node:fs';
import { ToolError } from '../../core/errors.ts';
import { checkpointLine, type Checkpoint } from './audit-checkpoint.ts';

/** Takes checkpoints out of the reach of whoever could change the audit. Rejects where it cannot. */
export type AuditExport = (checkpoint: Checkpoint) => Promise<void>;

const timeoutMs = 10_000;

/**
 * By the setting CLAW_AUDIT_EXPORT: `file:/path` appends a line, `command:/usr/bin/logger -t claw` gets the line on
 * stdin (words split at spaces, no shell), an address gets it as the body of a POST. Undefined where it is empty.
 */
export function createAuditExport(target: string): AuditExport | undefined {
  if (target === '') return undefined;
  if (target.startsWith('file:')) return async (one) => append(target.slice('file:'.length), checkpointLine(one));
  if (target.startsWith('command:')) return (one) => pipe(target.slice('command:'.length).trim().split(/\s+/), checkpointLine(one));
  return (one) => post(target, checkpointLine(one));
}

/** The file that checkpoints are appended to, where there is one. */
export const exportedFile = (target: string): string | undefined => (target.startsWith('file:') ? target.slice('file:'.length) : undefined);

function append(file: string, line: string): void {
  const descriptor = openSync(file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    // One write: with O_APPEND lines of several processes do not mix.
    if (writeSync(descriptor, line) < Buffer.byteLength(line)) throw failed('there is no space left');
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function pipe([program = '', ...args]: string[], line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'], timeout: timeoutMs });
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(failed(`the command ended with ${code ?? 'a signal'}`))));
    child.stdin.on('error', () => {}).end(line);
  });
}

async function post(url: string, line: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: line, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
  await response.body?.cancel();
  if (!response.ok) throw failed(`the address answered ${response.status}`);
}

const failed = (what: string): ToolError =>
  new ToolError('unavailable', `The checkpoint was not exported: ${what}.`, {
    hint: 'It is tried again with the next one. See CLAW_AUDIT_EXPORT.',
  });
