import { ToolError } from '../../core/errors.ts';
import { callOnce } from './request.ts';

type Desk = Parameters<typeof callOnce>[2];

/** `claw stop --all [--reason TEXT]`, `claw stop --release`, `claw stop RUN`: short names for three tools. */
export function stopCommand(args: string[], desk: Desk): Promise<number> {
  const [first, second, reason, ...more] = args;
  if (first === '--release' && second === undefined) return callOnce('stop_release', {}, desk);
  if (first === '--all' && second === undefined) return callOnce('stop_all', {}, desk);
  if (first === '--all' && second === '--reason' && reason !== undefined && more.length === 0)
    return callOnce('stop_all', { reason }, desk);
  if (first?.startsWith('run_') && second === undefined) return callOnce('run_stop', { id: first }, desk);
  throw new ToolError('invalid_input', 'What is to be stopped?', {
    hint: 'claw stop --all [--reason TEXT], claw stop --release, or claw stop run_…',
  });
}

/** Whether it is a form of `claw stop` and not a tool by its own name, as `claw stop all`. */
export const isStopCommand = ([command, verb]: string[]): boolean => command === 'stop' && verb !== 'all' && verb !== 'release';
