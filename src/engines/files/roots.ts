import { lstat, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { systemCode, ToolError } from '../../core/errors.ts';
import { explained } from '../../core/atomic-write.ts';
import { contains } from '../../core/ground.ts';

/** Where files may be touched. Every path a caller names goes through `resolve` before anything else. */
export interface Roots {
  /** The real path, with every symlink on the way followed, also where its end does not exist yet. Throws `denied`. */
  resolve(file: string): Promise<string>;
  /** As `resolve`, for a folder that goes somewhere else whole: `denied` too where claw's own data is in it. */
  resolveWhole(file: string): Promise<string>;
  /** Whether a real path below a resolved one may be touched: a folder that is allowed may hold what is not. */
  mayTouch(): Promise<(file: string) => boolean>;
  readonly base: string;
}

export interface RootParts {
  allowed: string[];
  /** Never, also where it is inside an allowed folder: claw's own data. */
  forbidden: string[];
  /** What relative paths start from. */
  base: string;
}

export function createRoots({ allowed, forbidden, base }: RootParts): Roots {
  const real = async (folders: string[]): Promise<string[]> => Promise.all(folders.map((folder) => realPath(path.resolve(folder))));
  const resolve: Roots['resolve'] = async (file) => {
    if (file.includes('\0')) throw new ToolError('invalid_input', 'A path has no NUL character.', { hint: 'Give a plain path.' });
    const target = await realPath(path.resolve(base, file.replace(/^~(?=$|\/)/, homedir())));
    const [inside, outside] = await Promise.all([real(allowed), real(forbidden)]);
    if (isBelow(outside, target)) throw denied(file, "it is claw's own data");
    if (!isBelow(inside, target)) throw denied(file, 'it is outside the allowed folders');
    return target;
  };
  const resolveWhole: Roots['resolveWhole'] = async (file) => {
    const target = await resolve(file);
    if ((await real(forbidden)).some((folder) => contains(target, folder))) throw denied(file, "claw's own data is in it");
    return target;
  };
  const mayTouch: Roots['mayTouch'] = async () => {
    const [inside, outside] = await Promise.all([real(allowed), real(forbidden)]);
    return (file) => isBelow(inside, file) && !isBelow(outside, file);
  };
  return { base, resolve, resolveWhole, mayTouch };
}

const isBelow = (folders: string[], file: string): boolean => folders.some((folder) => contains(folder, file));

const denied = (file: string, why: string): ToolError =>
  new ToolError('denied', `${file.slice(0, 200)} may not be touched: ${why}.`, {
    hint: 'CLAW_FILE_ROOTS names the folders where files may be read and written.',
  });

/** realpath for a path whose last parts may not exist. */
async function realPath(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (error) {
    if (systemCode(error) === 'ELOOP')
      throw new ToolError('denied', `${file.slice(0, 200)} is a circle of links.`, { hint: 'Name the file itself.' });
    if (systemCode(error) !== 'ENOENT') throw explained(error, file.slice(0, 200));
    const isDangling = await lstat(file).then(
      (found) => found.isSymbolicLink(),
      () => false,
    );
    if (isDangling) throw new ToolError('denied', `${file.slice(0, 200)} is a link to nothing.`, { hint: 'Name the file itself.' });
    return path.join(await realPath(path.dirname(file)), path.basename(file));
  }
}
