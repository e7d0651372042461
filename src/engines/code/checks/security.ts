import { keySpans } from '../../../core/redaction/key-formats.ts';
import { mark } from '../../../core/redaction/mark.ts';
import { addedLines, newLines, type ChangedFile, type DiffLine } from '../diff.ts';
import { familyOf, isComment, type Check, type Family, type Spot } from './check.ts';

/** `knows`: whether a text holds a secret of the vault. */
export const securityChecks = (knows: (text: string) => boolean): Check[] => [
  {
    rule: 'secret',
    category: 'security',
    severity: 'critical',
    hint: 'Take it out, make it void where it was issued, and keep the new one in the vault (claw vault set).',
    find: (file) => [...secretFile(file), ...secretLines(file, knows)],
  },
  {
    rule: 'shell-injection',
    category: 'security',
    severity: 'high',
    hint: 'Start the program with a list of arguments, without a shell; check a download before it runs.',
    find: (file) => spotsOf(file, injections, (path) => familyOf(path) ?? (isRecipe(path) ? 'shell' : undefined)),
  },
  {
    rule: 'unpinned',
    category: 'security',
    severity: 'medium',
    hint: 'Pin what is fetched: an image by tag or digest, an action by the hash of its commit.',
    find: unpinned,
  },
];

const keyFiles = /(?:^|\/)(?:\.env(?:\.(?!example|sample|template)\w+)?|id_(?:rsa|dsa|ecdsa|ed25519)|[^/]+\.(?:p12|pfx|keystore|jks))$/;

const secretFile = ({ path, status }: ChangedFile): Spot[] =>
  status !== 'deleted' && keyFiles.test(path)
    ? [{ line: 1, message: 'A file that holds secrets by its nature is under version control.', severity: 'high' }]
    : [];

/** Keys run over several lines, so each stretch of a change is searched as one text. */
function secretLines({ hunks }: ChangedFile, knows: (text: string) => boolean): Spot[] {
  return hunks.flatMap((hunk) => {
    const lines = newLines(hunk);
    const starts = startsOf(lines);
    const text = lines.map((line) => line.text).join('\n');
    const keys = keySpans(text).flatMap(([from, to]) =>
      lines.filter((_line, index) => starts[index]! < to && starts[index]! + lines[index]!.text.length > from).slice(0, 1),
    );
    const others = lines.filter(({ text: one }) => one.includes(mark) || knows(one) || isAssigned(one));
    const added = new Set([...keys, ...others].filter(({ kind }) => kind === 'added').map(({ line }) => line));
    return [...added].map((line) => ({ line, message: 'It looks as if a secret were written here.' }));
  });
}

function startsOf(lines: DiffLine[]): number[] {
  let at = 0;
  return lines.map(({ text }) => (at += text.length + 1) - text.length - 1);
}

const assignment =
  /(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)["']?\s*(?::\s*\w+\s*)?(?:=>?|:)\s*(["'`])([^"'`\s]{8,200})\1/i;
const stands =
  /\$\{|\$\(|<\w|%\w|\{\{|example|sample|change.?me|placeholder|your|dummy|fake|test|xxx|\*\*\*|\.\.\.|process\.env|environ|^[\w-]+\.[\w.-]+$/i;

/** A name that says secret, and a value that is neither a word nor a place for one. */
function isAssigned(text: string): boolean {
  const [, , value = ''] = assignment.exec(text) ?? [];
  return value !== '' && !stands.test(value) && /\d|[^\w]/.test(value) && /[A-Za-z]/.test(value) && new Set(value).size >= 6;
}

type Pattern = [pattern: RegExp, message: string];

const piped: Pattern = [
  /\b(?:curl|wget)\b[^|;&]*\|\s*(?:sudo\s+(?:-\w+\s+)*)?(?:ba|z|da|k)?sh\b/,
  'What is downloaded runs at once, whatever it is.',
];
const shell = 'A command line is put together from text and given to a shell.';
const injections: Partial<Record<Family, Pattern[]>> = {
  script: [
    [/(?<![\w.])eval\s*\(|\bnew Function\s*\(/, 'Text is run as code.'],
    [/\bexec(?:Sync)?\s*\(\s*(?:`[^`]*\$\{|["'][^"']*["']\s*\+|\w+\s*\+)/, shell],
    [/\bshell:\s*true\b/, shell],
    piped,
  ],
  python: [
    [/(?<![\w.])(?:eval|exec)\s*\(/, 'Text is run as code.'],
    [/\bshell\s*=\s*True\b|\bos\.(?:system|popen)\s*\(/, shell],
    [/\bpickle\.loads?\s*\(|\byaml\.load\s*\((?!.*Loader)/, 'Data that is read may run code.'],
    piped,
  ],
  shell: [[/(?:^|[;&|]\s*|\s)eval\s+["'$`]/, 'Text is run as code.'], piped],
  php: [[/\b(?:shell_exec|passthru|proc_open|popen|system|eval)\s*\(/, shell]],
  ruby: [[/(?<![\w.])eval\s*\(|`[^`]*#\{|\bsystem\s*\(\s*"[^"]*#\{/, shell]],
  go: [[/exec\.Command\(\s*"(?:ba|z)?sh"\s*,\s*"-c"/, shell]],
  other: [[/\bos\.execute\s*\(/, shell]],
};

const isRecipe = (path: string): boolean =>
  /(?:^|\/)(?:Dockerfile|Containerfile|Makefile|Justfile)[\w.-]*$|\.(?:ya?ml|dockerfile|mk)$/i.test(path);

function spotsOf(file: ChangedFile, patterns: Partial<Record<Family, Pattern[]>>, family: (path: string) => Family | undefined): Spot[] {
  const own = patterns[family(file.path) ?? 'c'] ?? [];
  return addedLines(file)
    .filter(({ text }) => !isComment(text))
    .flatMap(({ line, text }) =>
      own
        .filter(([pattern]) => pattern.test(text))
        .map(([, message]) => ({ line, message }))
        .slice(0, 1),
    );
}

function unpinned(file: ChangedFile): Spot[] {
  const isDockerfile = /(?:^|\/)(?:Dockerfile|Containerfile)[\w.-]*$|\.dockerfile$/i.test(file.path);
  const isAction = /(?:^|\/)\.github\/(?:workflows|actions)\/.*\.ya?ml$/.test(file.path);
  const isYaml = /\.ya?ml$/i.test(file.path);
  const stages = new Set(addedLines(file).flatMap(({ text }) => /^\s*FROM\s+\S+.*\bAS\s+(\S+)/i.exec(text)?.[1]?.toLowerCase() ?? []));
  return addedLines(file).flatMap(({ line, text }): Spot[] => {
    const [, image] =
      (isDockerfile ? /^\s*FROM\s+(?:--\S+\s+)*(\S+)/i : isYaml ? /^\s*-?\s*image:\s*["']?([^\s"'#]+)/ : /$^/).exec(text) ?? [];
    if (image !== undefined && isLoose(image) && !stages.has(image.toLowerCase()))
      return [{ line, message: 'The image is whatever its newest version is at the time.' }];
    const [, reference] = (isAction ? /^\s*-?\s*uses:\s*["']?[\w.-]+\/[\w./-]+@([^\s"'#]+)/ : /$^/).exec(text) ?? [];
    if (reference === undefined || /^[0-9a-f]{40}$/.test(reference)) return [];
    const isBranch = /^(?:main|master|latest|develop|trunk|HEAD)$/.test(reference);
    return [
      {
        line,
        message: `The action is fetched by ${isBranch ? 'branch' : 'tag'}, which its owner can move.`,
        severity: isBranch ? 'medium' : 'low',
      },
    ];
  });
}

const isLoose = (image: string): boolean =>
  image !== 'scratch' && !image.includes('$') && !image.includes('@sha256:') && (!/:[^/]+$/.test(image) || image.endsWith(':latest'));
