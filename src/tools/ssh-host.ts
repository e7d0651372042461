import { z } from 'zod';
import { aliasPattern, hostShape } from '../core/ssh-host.ts';
import { useBy } from '../core/secret.ts';
import { defineTool, type Evidence, type ToolContext } from '../core/tool.ts';

const alias = z.string().regex(aliasPattern, 'is an alias, as ssh_hosts shows').describe('As shown by ssh_hosts');
const isThere = (ctx: ToolContext, wanted: string, expected: boolean): Evidence => {
  const there = ctx.ssh.hosts().some((host) => host.alias === wanted);
  return {
    check: `hosts.yaml ${expected ? 'has' : 'no longer has'} ${wanted}`,
    ok: there === expected,
    found: there ? 'an entry' : 'no entry',
  };
};
const newHost = 'where commands may be run, and with which login, is for the owner to say';

export const sshHosts = defineTool({
  name: 'ssh_hosts',
  title: 'List SSH hosts',
  description: 'The hosts of hosts.yaml, their groups and tags. Nothing is connected; ssh_health looks at them.',
  risk: 'read',
  input: z.object({ group: z.string().max(63).optional().describe('Only of this group or tag') }),
  output: z.object({
    items: z.array(
      z.object({
        alias: z.string(),
        hostname: z.string(),
        port: z.number(),
        username: z.string().optional(),
        auth: z.string(),
        jump: z.string().optional(),
        groups: z.array(z.string()),
        tags: z.array(z.string()),
      }),
    ),
  }),
  examples: [
    'list the ssh hosts',
    'which machines can you log in to',
    'show the remote hosts',
    'what servers do you know',
    'which hosts are in the group docker',
    'list all servers over ssh',
  ],
  run: (ctx, { group }) => ({
    items: ctx.ssh
      .hosts()
      .filter(({ groups, tags }) => group === undefined || groups.includes(group) || tags.includes(group))
      .map(({ alias: name, hostname, port, username, auth, key, key_file, password, jump, groups, tags }) => ({
        alias: name,
        hostname,
        port,
        username,
        auth: auth ?? (key || key_file ? 'key' : password ? 'password' : 'agent'),
        jump,
        groups,
        tags,
      })),
  }),
  summary: ({ items }) =>
    items.length === 0
      ? 'No host is known: ssh_host_add adds one, ssh_host_import takes those of ~/.ssh/config.'
      : items
          .map(
            ({ alias: name, hostname, port, groups }) =>
              `${name}: ${hostname}:${port}${groups.length > 0 ? ` (${groups.join(', ')})` : ''}`,
          )
          .join('\n'),
});

export const sshHostAdd = defineTool({
  name: 'ssh_host_add',
  title: 'Add an SSH host',
  description: 'Add a host to hosts.yaml, and look at the key it shows. Passwords and keys are named, and stay in the vault.',
  risk: 'write',
  effects: { persists: true },
  asksOthers: newHost,
  openWorld: true,
  input: z.object({ ...hostShape(), replace: z.boolean().default(false).describe('An entry of the same alias') }),
  output: z.object({
    alias: z.string(),
    replaced: z.boolean(),
    fingerprint: z.string().optional().describe('Of the host key it shows now'),
    hostKey: z.enum(['known', 'unknown', 'changed', 'revoked', 'not seen']),
  }),
  slots: { hostname: 'host', alias: 'target' },
  examples: [
    'add the host nas at 10.0.0.5 for ssh',
    'add a server called web1 with the address 10.0.0.21',
    'make the machine proxmox known, it is at 10.0.0.2',
    'register the ssh host docker01 at docker01.lan',
    'I have a new server at 192.168.1.40 called backup1',
  ],
  run: async (ctx, { replace, ...host }) => {
    const before = ctx.ssh.add([host], { replace });
    const seen = await ctx.ssh
      .hostKey(host.alias, { use: useBy('ssh_host_add', ctx), signal: AbortSignal.any([ctx.signal, AbortSignal.timeout(5_000)]) })
      .catch(() => undefined);
    return {
      alias: host.alias,
      replaced: before.length > 0,
      hostKey: seen?.verdict ?? ('not seen' as const),
      fingerprint: seen?.fingerprint,
    };
  },
  verify: (ctx, _input, { alias: added }) => [isThere(ctx, added, true)],
  undo: (_input, { alias: added, replaced }) => (replaced ? undefined : { tool: 'ssh_host_remove', input: { host: added } }),
  dryRun: (_ctx, { alias: added, hostname, port }) => [{ action: 'create', target: `host ${added}`, after: `${hostname}:${port}` }],
  summary: ({ alias: added, hostKey, fingerprint }) =>
    hostKey === 'unknown'
      ? `${added} is added. It shows the key ${fingerprint}; if that is right: claw ssh host-trust --host ${added} --fingerprint ${fingerprint}`
      : `${added} is added; its host key is ${hostKey}.`,
});

export const sshHostTrust = defineTool({
  name: 'ssh_host_trust',
  title: 'Trust a host key',
  description: "Say that this fingerprint is the host's: from then on it is connected to. Compare it first with what the host itself says.",
  risk: 'write',
  effects: { persists: true },
  idempotent: true,
  asksOthers: 'whoever has this key gets what is sent to the host',
  openWorld: true,
  input: z.object({
    host: alias,
    fingerprint: z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'is SHA256:… as ssh-keygen -l shows it'),
  }),
  output: z.object({ host: z.string(), fingerprint: z.string() }),
  slots: { host: 'target' },
  examples: [
    'trust the host key SHA256:… of nas',
    'accept the fingerprint of web1',
    'the host key of docker01 is right, trust it',
    'yes, that is the key of proxmox',
    'mark the ssh key of the host backup1 as known',
  ],
  run: async (ctx, { host, fingerprint }) => {
    await ctx.ssh.trust(host, fingerprint, { use: useBy('ssh_host_trust', ctx), signal: ctx.signal });
    return { host, fingerprint };
  },
  verify: async (ctx, { host, fingerprint }) => {
    const now = await ctx.ssh.hostKey(host, { use: useBy('ssh_host_trust', ctx), signal: ctx.signal });
    return [
      {
        check: `${host} shows this key, and it is known`,
        ok: now.verdict === 'known' && now.fingerprint === fingerprint,
        found: now.verdict,
      },
    ];
  },
  summary: ({ host, fingerprint }) => `${fingerprint} is the key of ${host}.`,
});

export const sshHostImport = defineTool({
  name: 'ssh_host_import',
  title: 'Import SSH hosts',
  description: 'Take the hosts of an OpenSSH client configuration over into hosts.yaml. What cannot be taken is named, with the reason.',
  risk: 'write',
  effects: { persists: true, readsPrivate: true },
  asksOthers: newHost,
  input: z.object({
    file: z.string().min(1).max(4_096).default('~/.ssh/config'),
    hosts: z.array(z.string().max(63)).max(1_000).optional().describe('Only these'),
    replace: z.boolean().default(false).describe('Entries of the same alias'),
  }),
  output: z.object({
    added: z.array(z.string()),
    left: z.array(z.object({ alias: z.string(), why: z.string() })).describe('What was not taken over'),
  }),
  paths: ['file'],
  slots: { file: 'path' },
  examples: [
    'import the hosts of ~/.ssh/config',
    'take over my ssh config',
    'read the servers from my ssh configuration',
    'add all hosts of ~/.ssh/config',
    'import ssh hosts from /home/me/.ssh/config',
  ],
  run: (ctx, input) => ctx.ssh.importHosts(input),
  verify: (ctx, _input, { added }) => added.map((one) => isThere(ctx, one, true)),
  dryRun: async (ctx, input) =>
    (await ctx.ssh.importable(input)).hosts.map(({ alias: one, hostname }) => ({
      action: 'create',
      target: `host ${one}`,
      after: hostname,
    })),
  summary: ({ added, left }) =>
    [
      `${added.length} hosts were added${added.length > 0 ? `: ${added.join(', ')}` : ''}.`,
      ...left.map(({ alias: one, why }) => `${one} was left: ${why}`),
    ].join('\n'),
});

export const sshHostRemove = defineTool({
  name: 'ssh_host_remove',
  title: 'Remove an SSH host',
  description: 'Take a host out of hosts.yaml. Its host key stays known.',
  risk: 'write',
  input: z.object({ host: alias }),
  output: z.object({ removed: z.string(), entry: z.record(z.string(), z.unknown()).describe('As it was written') }),
  slots: { host: 'target' },
  examples: [
    'remove the host web2 from ssh',
    'forget the server backup1',
    'delete the ssh host nas',
    'take docker01 out of the hosts',
    'I no longer have the machine proxmox, remove it from the ssh hosts',
  ],
  run: (ctx, { host }) => ({ removed: host, entry: { ...ctx.ssh.remove(host) } }),
  verify: (ctx, _input, { removed }) => [isThere(ctx, removed, false)],
  undo: (_input, { entry }) => ({ tool: 'ssh_host_add', input: entry }),
  dryRun: (ctx, { host }) => [{ action: 'delete', target: `host ${ctx.ssh.host(host).alias}` }],
  summary: ({ removed }) => `${removed} is no longer among the hosts.`,
});
