import { styleText } from 'node:util';
import type { Progress } from '../../core/tool.ts';

type Style = Parameters<typeof styleText>[0];

/** Where the CLI prints: results on stdout, everything else on stderr, colour and live lines only for a person. */
export interface Terminal {
  /** Results are read by a program. */
  json: boolean;
  /** A person sits at both ends and can be asked. */
  isInteractive: boolean;
  /** Width of what results are written on, in characters; a pipe has no end. */
  columns: number;
  out(text: string): void;
  note(text: string): void;
  paint(style: Style, text: string): string;
  progress(progress: Progress): void;
  /** Removes the live line. */
  clear(): void;
}

export function createTerminal({ json, env }: { json: boolean; env: Record<string, string | undefined> }): Terminal {
  const { stdout, stderr, stdin } = process;
  const hasColour = env.FORCE_COLOR ? env.FORCE_COLOR !== '0' : stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  const isLive = stderr.isTTY === true && !json;
  // `claw … | head` closes the pipe early; that is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  let hasLine = false;
  const clear = (): void => {
    if (hasLine) stderr.write('\r\u001b[2K');
    hasLine = false;
  };
  return {
    json,
    isInteractive: stdin.isTTY === true && stderr.isTTY === true && !json,
    columns: stdout.isTTY === true ? stdout.columns : Infinity,
    out: (text) => {
      clear();
      stdout.write(`${text}\n`);
    },
    note: (text) => {
      clear();
      if (!json) stderr.write(`${text}\n`);
    },
    paint: (style, text) => (hasColour ? styleText(style, text, { validateStream: false }) : text),
    progress: ({ message, done, total }) => {
      if (!isLive) return;
      const count = done !== undefined && total !== undefined ? `${done}/${total} ` : '';
      stderr.write(`\r\u001b[2K${count}${printable(message).slice(0, (stderr.columns ?? 80) - 12)}`);
      hasLine = true;
    },
    clear,
  };
}

/** Text from outside must not move the cursor, ring bells or rename the window. */
export const printable = (text: string): string =>
  text
    .replace(/\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g, '')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
