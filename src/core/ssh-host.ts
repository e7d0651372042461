import { z } from 'zod';
import { secretName } from './secret.ts';

/** Where the published schema is, for editors and error messages. */
export const hostsSchemaFile = 'docs/schemas/hosts.schema.json';

export const aliasPattern = /^[a-z0-9][a-z0-9_.-]{0,62}$/i;
const alias = () => z.string().regex(aliasPattern, 'is letters, digits, dots, dashes and underscores, as nas-1');
const words = () => z.array(alias()).max(50).default([]);
const secret = () => z.strictObject({ $secret: secretName });

/** One host, in hosts.yaml and as the input of ssh_host_add. */
export const hostShape = () => ({
  alias: alias().describe('What you call it'),
  hostname: z
    .string()
    .regex(/^[\w.:-]{1,253}$/, 'is a name or an address')
    .describe('Its name or address in the network'),
  port: z.number().int().min(1).max(65_535).default(22),
  username: z
    .string()
    .regex(/^[\w.@\\-]{1,64}$/, 'is a user name')
    .optional()
    .describe('Who to log in as; you by default'),
  auth: z.enum(['key', 'password', 'agent']).optional().describe('By default a key where there is key or key_file, else the agent'),
  key_file: z.string().min(1).max(4_096).optional().describe('A private key on this machine'),
  key: secret().optional().describe('A private key in the vault'),
  passphrase: secret().optional().describe('Of the private key'),
  password: secret().optional(),
  sudo_password: secret().optional().describe('For commands with sudo; without it sudo must ask for none'),
  jump: alias().optional().describe('The host to go through (ProxyJump)'),
  groups: words(),
  tags: words(),
  lanes: z.number().int().min(1).max(200).default(32).describe('Most commands at the same time'),
  sessions: z.number().int().min(2).max(100).default(10).describe('MaxSessions of its sshd: the most on one connection'),
  keepalive_ms: z.number().int().min(100).max(600_000).default(5_000).describe('A peer silent for three of these is gone'),
});

const fileSchema = () => z.strictObject({ hosts: z.array(z.strictObject(hostShape())).max(1_000).default([]) });
let made: ReturnType<typeof fileSchema> | undefined;

/** hosts.yaml. Made when it is first needed: most have no such file. */
export const hostsSchema = (): ReturnType<typeof fileSchema> => (made ??= fileSchema());

export type SshHost = z.output<ReturnType<typeof fileSchema>>['hosts'][number];
export type WrittenHost = z.input<ReturnType<typeof fileSchema>>['hosts'] extends (infer One)[] | undefined ? One : never;
