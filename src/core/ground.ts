import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** What judging a call may know of this installation. */
export interface Ground {
  /** Files and folders of claw's own, which none of its tools may touch: real paths. */
  own: string[];
  /** What starts claw itself. */
  programs: string[];
  /** Where claw's program is installed, with what it is made of: real paths. */
  program: string[];
  /** The folders that programs are looked up in: real paths. */
  programFolders: string[];
  /** What `~` means. */
  userHome: string;
  /** Where relative paths start. */
  base: string;
}

/** Absolute, `~` and `..` resolved; symlinks are not followed. */
export const absolute = (file: string, { userHome, base }: Pick<Ground, 'userHome' | 'base'>): string =>
  path.resolve(base, file.replace(/^~(?=$|\/)/, userHome));

/** With every symlink on the way followed, as far as the path exists. */
export function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    const parent = path.dirname(file);
    return parent === file ? file : path.join(realPath(parent), path.basename(file));
  }
}

export const contains = (folder: string, file: string): boolean =>
  file === folder || file.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep);

/** The user's own files may lie beside them, as in a container that has all in one folder. */
const madeOf = ['bin', 'src', 'dist', 'prompts', 'skills', 'scripts', 'node_modules', 'package.json', 'package-lock.json'];

interface GroundParts {
  home: string;
  /** Where the daemon listens; it may lie outside. */
  socket: string;
  env: Record<string, string | undefined>;
  base: string;
  /** Where claw is installed. */
  root: string;
}

/** Where claw is, who its user is, and what is its own: the data folder and the settings beside the program. */
export function groundOf({ home, socket, env, base, root }: GroundParts): Ground {
  const settings = path.join(root, '.env');
  // Installed as a package, what claw is made of lies beside it.
  const packages = /^(.*\/node_modules)\//.exec(`${root}/`)?.[1];
  const parts = packages === undefined ? madeOf.map((name) => path.join(root, name)) : [packages];
  const starters = ['bin/claw.js', 'src/main.ts', 'dist/main.js'].map((file) => path.join(root, file));
  return {
    own: [...new Set([realPath(home), path.resolve(home), ...(contains(home, socket) ? [] : [realPath(socket)]), settings])],
    programs: starters.map(realPath),
    program: parts.map(realPath),
    programFolders: (env.PATH ?? '').split(path.delimiter).filter(path.isAbsolute).map(realPath),
    userHome: env.HOME ?? homedir(),
    base,
  };
}
