/** An option as it was given, with the word that is, or may be, its value. */
interface GivenOption {
  value: string | undefined;
}

interface OptionNames {
  short: string;
  long: string[];
  /** With one dash or two, never shortened: find, openssl, ffmpeg, Go. */
  single: string[];
}

const parsed = new Map<string, OptionNames>();

/** `o output -out`: a letter, a long name, and a long name that takes a single dash. */
function namesOf(spec: string): OptionNames {
  const known = parsed.get(spec);
  if (known) return known;
  const words = spec.split(/\s+/).filter(Boolean);
  const names = {
    short: words.filter((word) => word.length === 1).join(''),
    long: words.filter((word) => word.length > 1 && !word.startsWith('-')),
    single: words.filter((word) => word.startsWith('-')).map((word) => word.slice(1)),
  };
  parsed.set(spec, names);
  return names;
}

/**
 * The options of `spec` among the arguments, in every spelling that getopt_long reads: `-o x`, `-ox`, `-abo x`,
 * `--output x`, `--output=x`, `--outp x` (GNU C Library manual, 25.3). A letter behind one that takes a value counts too:
 * rather one too many.
 */
export function optionsIn(args: readonly string[], spec: string): GivenOption[] {
  const names = namesOf(spec);
  const found: GivenOption[] = [];
  for (const [index, arg] of args.entries()) {
    if (arg === '--') break;
    if (!arg.startsWith('-')) continue;
    const value = valueIn(arg, names);
    if (value !== undefined) found.push({ value: value === '' ? args[index + 1] : value });
  }
  return found;
}

/** What stands behind the option in its own word; undefined where the word is none of these options. */
function valueIn(arg: string, { short, long, single }: OptionNames): string | undefined {
  const [, dashes = '', name = '', value = ''] = /^(-{1,2})([^=]*)=?([^]*)$/.exec(arg)!;
  if (single.includes(name)) return value;
  if (dashes === '--') return name !== '' && long.some((one) => one.startsWith(name)) ? value : undefined;
  const letters = /^[A-Za-z0-9]*/.exec(name)![0].split('');
  const at = letters.findIndex((letter) => short.includes(letter));
  return at === -1 ? undefined : arg.slice(at + 2);
}

export const hasOption = (args: readonly string[], spec: string): boolean => optionsIn(args, spec).length > 0;

/** The words that are neither options nor, as far as `valued` tells, values of options. */
export function operandsOf(args: readonly string[], valued: ReadonlySet<string> | undefined): string[] {
  const operands: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at]!;
    if (arg === '--') return [...operands, ...args.slice(at + 1)];
    if (valued?.has(arg)) at += 1;
    else if (!arg.startsWith('-') || arg === '-') operands.push(arg);
  }
  return operands;
}
