import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { ChangeSet } from './change-set.ts';
import { categories, severities, type Finding } from './checks/check.ts';
import type { ChangedFile, DiffLine } from './diff.ts';

/** One question to a model, answered in the form of a JSON Schema; undefined where none can be asked. */
export type AskModel = (question: {
  system: string;
  prompt: string;
  schema: Record<string, unknown>;
}) => Promise<{ data: unknown; model: string; tokens: number } | undefined>;

export interface ModelReview {
  model: string;
  findings: Finding[];
  /** Findings that pointed at nothing in the diff. */
  dropped: number;
  /** Files of which the model has not seen everything: too long, or with a secret over several lines. */
  leftOut: number;
  tokens: number;
}

interface Parts {
  ask: AskModel;
  system: string;
  redact: (text: string) => string;
  /** What the rules found; lines that hold a secret are not shown. */
  rules: Finding[];
}

const answer = z.object({
  findings: z
    .array(
      z.object({
        file: z.string().max(1_000),
        line: z.number(),
        category: z.enum(categories),
        severity: z.enum(severities),
        message: z.string().max(2_000),
        hint: z.string().max(2_000),
      }),
    )
    .max(200),
});
const schema = z.toJSONSchema(answer) as Record<string, unknown>;

/** Characters of a diff that a model is shown. */
const mostShown = 60_000;
const mostFindings = 30;
const longestText = 300;

/** The model's findings, as far as each points at a line that the diff shows. What it says about others is dropped, and counted. */
export async function reviewByModel(set: ChangeSet, { ask, system, redact, rules }: Parts): Promise<ModelReview | undefined> {
  const { text, leftOut, lines } = shownDiff(set.files, { redact, rules });
  if (text === '') return undefined;
  const fence = `diff-${randomBytes(6).toString('hex')}`;
  const answered = await ask({ system, prompt: `<${fence}>\n${text}</${fence}>`, schema });
  if (!answered) return undefined;
  const { data, model, tokens } = answered;
  const { findings } = answer.parse(data);
  const grounded = findings.filter(({ file, line }) => lines.get(file)?.has(line));
  const kept = grounded
    .slice(0, mostFindings)
    .map((finding) => ({ ...finding, rule: 'model', message: short(finding.message), hint: short(finding.hint) }));
  return { model, tokens, leftOut, findings: kept, dropped: findings.length - kept.length };
}

interface Shown {
  text: string;
  leftOut: number;
  /** The lines that a finding may point at, by file. */
  lines: Map<string, Set<number>>;
}

function shownDiff(files: ChangedFile[], { redact, rules }: Pick<Parts, 'redact' | 'rules'>): Shown {
  const shown: Shown = { text: '', leftOut: 0, lines: new Map() };
  for (const file of files.filter(({ isBinary, hunks }) => !isBinary && hunks.length > 0)) {
    const hidden = new Set(rules.filter((one) => one.rule === 'secret' && one.file === file.path).map(({ line }) => line));
    const hunks = file.hunks.map((hunk) => shownHunk(hunk, { redact, hidden }));
    const text = `=== ${redact(file.path)} (${file.status})\n${hunks.map((hunk) => hunk ?? '…\n').join('…\n')}`;
    if (hunks.includes(undefined) || shown.text.length + text.length > mostShown) shown.leftOut += 1;
    if (shown.text.length + text.length > mostShown) continue;
    shown.text += text;
    const seen = file.hunks.filter((_hunk, index) => hunks[index] !== undefined).flat();
    shown.lines.set(file.path, new Set(seen.filter(({ kind }) => kind !== 'removed').map(({ line }) => line)));
  }
  return shown;
}

/** Undefined where a secret runs over several lines: what is left of it would have other line numbers. */
function shownHunk(hunk: DiffLine[], { redact, hidden }: { redact: Parts['redact']; hidden: Set<number> }): string | undefined {
  const texts = redact(hunk.map(({ text }) => text.replaceAll('\n', ' ')).join('\n')).split('\n');
  if (texts.length !== hunk.length) return undefined;
  return hunk
    .map(({ kind, line }, index) => {
      const text = hidden.has(line) ? '(secret)' : texts[index];
      return kind === 'removed' ? `-     ${text}\n` : `${kind === 'added' ? '+' : ' '}${String(line).padStart(4)} ${text}\n`;
    })
    .join('');
}

const short = (text: string): string => text.replaceAll(/\s+/g, ' ').trim().slice(0, longestText);
