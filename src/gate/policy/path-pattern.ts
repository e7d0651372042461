import { homedir } from 'node:os';
import path from 'node:path';
import { contains, realPath } from '../../core/ground.ts';
import { globMatcher } from '../../core/pattern.ts';

/** A glob for paths, of a rule that asks or denies. */
export interface PathPattern {
  /** A path, or the folder whose contents are meant. Letters that only differ in how they are composed are the same (Unicode NFC). */
  fits(file: string): boolean;
  /** Whether what is meant lies in this folder, at any depth. */
  isBelow(folder: string): boolean;
  /** Whether a text has the folder in it, written out or from the home folder. */
  isSpelt(text: string): boolean;
}

export const homePath = (file: string): string => file.replace(/^~(?=$|\/)/, homedir());

export function pathPattern(glob: string): PathPattern {
  const written = homePath(glob).normalize('NFC');
  const base = baseOf(written);
  const matches = globMatcher(written, '/');
  const fitsOne = (file: string): boolean => matches(file) || matches(`${file}/`);
  const fits = (file: string): boolean => {
    const plain = file.normalize('NFC');
    if (fitsOne(plain)) return true;
    const real = leadsTo(base);
    return real !== base && contains(real, plain) && fitsOne(path.join(base, path.relative(real, plain)));
  };
  const isNamed = (piece: string): boolean =>
    piece.replace(/\/+$/, '') === base || (contains(base, piece) && (/[*?[$]/.test(piece) || fits(piece)));
  return {
    fits,
    isBelow: (folder) => folder === '/' || (base !== '/' && [base, leadsTo(base)].some((one) => contains(folder.normalize('NFC'), one))),
    isSpelt: (text) => base !== '/' && spelt(text.normalize('NFC'), base).some(isNamed),
  };
}

/** The paths in a text that begin with the folder, written out or from the home folder. */
function spelt(text: string, base: string): string[] {
  const inHome = path.relative(homedir(), base);
  const isInHome = inHome !== '' && !inHome.startsWith('..');
  const names = [base, ...(isInHome ? [`~/${inHome}`, `$HOME/${inHome}`, `\${HOME}/${inHome}`, `"$HOME"/${inHome}`] : [])];
  return names.flatMap((name) =>
    text
      .split(name)
      .slice(1)
      .map((after) => base + /^[^\s'"`();,|&<>]*/.exec(after)![0]),
  );
}

/** The folder, or the file, that the pattern names before its first wildcard. */
function baseOf(glob: string): string {
  const at = glob.search(/[*?]/);
  const sure = at === -1 ? glob : glob.slice(0, glob.lastIndexOf('/', at));
  return sure === '' ? '/' : path.posix.normalize(sure).replace(/(?<=.)\/$/, '');
}

const leadsTo = (base: string): string => realPath(base).normalize('NFC');
