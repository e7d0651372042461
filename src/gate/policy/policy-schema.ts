import { z } from 'zod';
import { callers } from '../../core/tool.ts';

/** Where the published schema is, for editors and error messages. */
export const policySchemaFile = 'docs/schemas/policy.schema.json';

const oneOrMore = <Item extends z.ZodType>(item: Item) => z.union([item, z.array(item).min(1).max(100)]);
const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const isZone = (zone: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).format(0) !== '';
  } catch {
    return false;
  }
};
const isPattern = (pattern: string): boolean => {
  const parts = /^\/(.*)\/([a-z]*)$/s.exec(pattern);
  if (!parts) return true;
  try {
    return new RegExp(parts[1]!, parts[2]).source !== '';
  } catch {
    return false;
  }
};

const text = (): z.ZodString => z.string().min(1).max(500);

const ruleSchema = () =>
  z
    .strictObject({
      then: z.enum(['allow', 'ask', 'deny']).describe('What happens to a call that fits'),
      name: text().optional().describe('What the rule is called where it is shown'),
      why: text().optional().describe('Why, for whoever meets it'),
      tool: oneOrMore(text()).optional().describe('Tool names; * stands for any characters'),
      caller: oneOrMore(z.enum(callers)).optional(),
      risk: oneOrMore(z.enum(['read', 'write', 'destructive'])).optional(),
      arguments: z
        .record(text(), text().refine(isPattern, 'is no regular expression'))
        .optional()
        .describe('By dot path: a glob, or a regular expression between slashes'),
      host: oneOrMore(text()).optional().describe('Hosts that a call names; * stands for any characters'),
      path: oneOrMore(text()).optional().describe('Files that a call names; * stops at a slash, ** does not'),
      command: oneOrMore(text()).optional().describe('First words of a command, as in: docker restart'),
      between: z
        .string()
        .regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/, 'is written as 22:00-06:00')
        .optional()
        .describe('Time of day, from the first to before the second, also over midnight'),
      days: oneOrMore(z.enum(days)).optional(),
      timezone: text()
        .refine(isZone, 'is no IANA time zone, as Europe/Berlin')
        .optional()
        .describe('For between and days; by default that of the machine'),
      approvals: z.number().int().min(1).max(10).optional().describe('How many people must say yes; only with then: ask'),
      notSelf: z.boolean().optional().describe('Whoever asked may not answer; only with then: ask'),
    })
    .refine(({ then, approvals, notSelf }) => then === 'ask' || (approvals === undefined && notSelf === undefined), {
      message: 'approvals and notSelf need then: ask',
      path: ['then'],
    });

const fileSchema = () =>
  z.strictObject({
    rules: z.array(ruleSchema()).max(1_000).default([]).describe('From top to bottom; the first that fits decides'),
    trusted: z
      .strictObject({
        hosts: z.array(text()).max(1_000).default([]).describe('Hosts whose text counts as the owner’s own'),
        paths: z.array(text()).max(1_000).default([]).describe('Files whose text counts as the owner’s own'),
      })
      .default({ hosts: [], paths: [] }),
  });

let made: ReturnType<typeof fileSchema> | undefined;

/** policy.yaml. The first rule that fits a call decides. Made when it is first needed: most have no such file. */
export const policySchema = (): ReturnType<typeof fileSchema> => (made ??= fileSchema());

type PolicySettings = z.output<ReturnType<typeof fileSchema>>;
export type PolicyRule = PolicySettings['rules'][number];
export type Trusted = PolicySettings['trusted'];
