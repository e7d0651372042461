import path from 'node:path';
import type { WatcherRule } from '../../core/watcher-rule.ts';

type Where = Pick<WatcherRule, 'path' | 'glob' | 'ignore' | 'depth'>;

/** Why a rule has nothing to do with a path, or undefined where it has. `own`: claw's own folders, real paths. */
export function mismatch(rule: Where, file: string, own: string[]): string | undefined {
  const relative = path.relative(rule.path, file);
  if (relative === '' || relative.startsWith(`..${path.sep}`) || relative === '..') return `it is not below ${rule.path}`;
  if (relative.split(path.sep).length - 1 > rule.depth) return `it is deeper than ${rule.depth} folders`;
  if (isIgnored(rule, file, own)) return 'it is ignored';
  return fits(relative, rule.glob) ? undefined : `it does not match ${rule.glob}`;
}

/** Of files and folders alike: nothing below an ignored folder is looked at. */
export function isIgnored({ path: root, ignore }: Pick<Where, 'path' | 'ignore'>, file: string, own: string[]): boolean {
  if (own.some((folder) => file === folder || file.startsWith(folder + path.sep))) return true;
  const parts = path.relative(root, file).split(path.sep);
  if (parts[0] === '' || parts[0] === '..') return false;
  return parts.some((part, index) =>
    ignore.some((glob) =>
      glob.includes('/') ? path.matchesGlob(parts.slice(0, index + 1).join('/'), glob) : path.matchesGlob(part, glob),
    ),
  );
}

/** Without a slash a glob is about the name alone. */
const fits = (relative: string, glob: string): boolean =>
  path.matchesGlob(glob.includes('/') ? relative.split(path.sep).join('/') : path.basename(relative), glob);
