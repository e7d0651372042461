import path from 'node:path';
import { z } from 'zod';
import { useBy } from '../core/secret.ts';
import { aliasPattern } from '../core/ssh-host.ts';
import { defineTool, type ToolContext } from '../core/tool.ts';

const host = z.string().regex(aliasPattern, 'is an alias, as ssh_hosts shows').describe('As shown by ssh_hosts');
const here = z.string().min(1).max(4_096).describe('A file here');
const there = z.string().min(1).max(4_096).describe('A file there, with its whole path');
const moved = z.object({
  host: z.string(),
  from: z.string(),
  to: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  created: z.boolean().describe('Nothing was there before'),
  durationMs: z.number(),
});
const timeoutMs = z.number().int().min(1_000).max(86_400_000).default(3_600_000);

const bytesText = (bytes: number): string => (bytes < 1_000_000 ? `${bytes} bytes` : `${(bytes / 1_000_000).toFixed(1)} MB`);

/** A slash at the end means into that folder. */
const landing = (from: string, to: string): string => (to.endsWith('/') ? path.posix.join(to, path.posix.basename(from)) : to);

const progressOf =
  (ctx: ToolContext, name: string) =>
  (done: number, total: number): void =>
    ctx.progress({ message: `${name}: ${bytesText(done)} of ${bytesText(total)}`, done, total });

/** What the other machine makes of the file; where it has no sha256sum, its size. */
async function sameThere(ctx: ToolContext, call: { tool: string; host: string; file: string }, wanted: { bytes: number; sha256: string }) {
  const use = useBy(call.tool, ctx);
  const { digest, bytes } = await ctx.ssh.digest({ ...call, use, signal: ctx.signal });
  const ok = digest === undefined ? bytes === wanted.bytes : digest === wanted.sha256;
  return [{ check: `${call.file} on ${call.host} has the same content`, ok, found: digest ?? `${bytes} bytes` }];
}

export const sshUpload = defineTool({
  name: 'ssh_upload',
  title: 'Copy a file to another machine',
  description: 'Copy a file from here to a host of hosts.yaml. Whole or not at all; overwrites only if told to.',
  risk: 'write',
  effects: { sends: true, readsPrivate: true },
  openWorld: true,
  input: z.object({ host, from: here, to: there, overwrite: z.boolean().default(false), timeoutMs }),
  output: moved,
  paths: ['from'],
  timeoutMs: (input) => input.timeoutMs,
  slots: { host: 'target', from: 'path', to: 'destination' },
  words: { overwrite: { true: ['overwrite', 'replacing', 'replace'] } },
  examples: [
    'copy backup.tar to /srv/backup.tar on nas over ssh',
    'upload site.zip to /var/www/site.zip on web1',
    'put config.yaml on the host docker01 as /etc/app/config.yaml',
    'send the file dump.sql to /tmp/dump.sql on the server db1',
    'push certs.pem to /etc/ssl/certs.pem on web2',
    'scp notes.txt to nas:/home/me/notes.txt',
  ],
  run: async (ctx, { host: alias, from, to, overwrite }) => {
    const began = performance.now();
    const local = await ctx.files.resolve(from);
    const remote = landing(from, to);
    const use = useBy('ssh_upload', ctx);
    const sent = await ctx.ssh.upload({ host: alias, local, remote, overwrite, use, signal: ctx.signal, onBytes: progressOf(ctx, alias) });
    return { host: alias, from, to: remote, ...sent, durationMs: Math.round(performance.now() - began) };
  },
  verify: (ctx, _input, output) => sameThere(ctx, { tool: 'ssh_upload', host: output.host, file: output.to }, output),
  undo: (_input, { host: alias, to, created }) =>
    created ? { tool: 'ssh_run', input: { host: alias, command: ['rm', '--', to] } } : undefined,
  dryRun: (_ctx, { host: alias, from, to }) => [{ action: 'create', target: `${alias}:${landing(from, to)}`, after: `a copy of ${from}` }],
  summary: ({ host: alias, to, bytes, durationMs }) => `${bytesText(bytes)} are at ${alias}:${to} (${durationMs} ms).`,
});

export const sshDownload = defineTool({
  name: 'ssh_download',
  title: 'Copy a file from another machine',
  description: 'Copy a file from a host of hosts.yaml to here. Whole or not at all; overwrites only if told to.',
  risk: 'write',
  effects: { readsPrivate: true },
  openWorld: true,
  writes: ({ from, to }) => [landing(from, to)],
  input: z.object({ host, from: there, to: here, overwrite: z.boolean().default(false), timeoutMs }),
  output: moved,
  paths: ['to'],
  timeoutMs: (input) => input.timeoutMs,
  slots: { host: 'target', from: 'path', to: 'destination' },
  words: { overwrite: { true: ['overwrite', 'replacing', 'replace'] } },
  examples: [
    'copy /var/log/syslog from nas to syslog-nas.log',
    'download /etc/nginx/nginx.conf from web1 to nginx.conf',
    'get the file /srv/dump.sql from the host db1 and save it as dump.sql',
    'fetch /home/me/todo.md from the server nas to todo.md over ssh',
    'pull /opt/app/app.log from docker01 into /tmp/app.log',
  ],
  run: async (ctx, { host: alias, from, to, overwrite }) => {
    const began = performance.now();
    const target = landing(from, to);
    const local = await ctx.files.resolve(ctx.led(target));
    const use = useBy('ssh_download', ctx);
    const got = await ctx.ssh.download({
      host: alias,
      local,
      remote: from,
      overwrite,
      use,
      signal: ctx.signal,
      onBytes: progressOf(ctx, alias),
    });
    ctx.origins.written({ path: local, sha256: got.sha256 }, ctx.taint.untrusted);
    return { host: alias, from, to: local, ...got, durationMs: Math.round(performance.now() - began) };
  },
  verify: async (ctx, _input, { to, sha256 }) => {
    const found = await ctx.files.digest(to);
    return [{ check: `${to} has the content that was read`, ok: found === sha256, found: found ?? 'no file' }];
  },
  undo: (_input, { to, created }) => (created ? { tool: 'file_delete', input: { path: to } } : undefined),
  dryRun: (_ctx, { host: alias, from, to }) => [{ action: 'create', target: landing(from, to), after: `a copy of ${alias}:${from}` }],
  summary: ({ host: alias, from, to, bytes, durationMs }) => `${alias}:${from} is at ${to} (${bytesText(bytes)}, ${durationMs} ms).`,
});
