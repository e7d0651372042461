import path from 'node:path';
import { computed } from '../shell-values.ts';

const system = /^\/(etc|boot|bin|sbin|lib|lib64|usr|dev|sys|proc|run|root\/\.ssh|var\/(lib|spool|run|cron))(\/|$)/;
const harmlessDevice = /^\/dev\/(null|zero|full|tty|stdin|stdout|stderr|fd\/\d+)$/;
const disk = /^\/dev\/(sd|hd|nvme|vd|xvd|mmcblk|disk|mapper|md|dm-|loop|zd|nbd|sr)/;

/** As the shell would resolve it from the folder the line has changed to; `~` stays. */
export function placed(file: string, within: readonly string[] = []): string {
  if (/^[/~]/.test(file)) return path.posix.normalize(file);
  return within[0] === undefined ? path.posix.normalize(file) : path.posix.normalize(path.posix.join(within[0], file));
}

export const isHarmlessTarget = (file: string): boolean => harmlessDevice.test(file);
export const isSystemPath = (file: string): boolean => system.test(file) && !harmlessDevice.test(file);
export { isTrustedPath } from '../trusted-path.ts';
/** A home, or a folder in one where start-up files lie among others: what is unpacked there may be any of them. */
export const isAmongStartup = (file: string): boolean =>
  /^(~\w*|\/root|\/(home|Users)\/[^/]+)(\/(\.config|\.local(\/share)?))?\/*$|(^|\/)\.git\/*$/.test(file);
export const isDisk = (file: string): boolean => disk.test(path.posix.normalize(file));
export const isComputed = (text: string): boolean => text.includes(computed);

const everything = /^(\/|~|\/root|\/(home|Users)(\/\*)?|\/(etc|usr|var|boot|bin|sbin|lib|lib64|opt|srv|root|dev|proc|sys|mnt|media))$/;

/** Whether a path means the whole system, a whole home, or one of the folders the system is made of. */
export function isEverything(arg: string, within: readonly string[] = []): boolean {
  const [folder] = within;
  const isRelative = !/^[/~]/.test(arg);
  if (isRelative && (folder === undefined || isComputed(folder))) return /^\.\.(\/\.\.){3,}\/?\*?$/.test(arg);
  const clean = placed(arg, within)
    .replace(/^~\w+$/, '~')
    .replace(/\/(\*|\.\*|\.\??|\{[^}]*\}|\.\[[^\]]*\]\*?)?$/, '');
  return everything.test(clean === '' ? '/' : clean);
}
