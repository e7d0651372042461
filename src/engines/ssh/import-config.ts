import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type SSHConfig from 'ssh-config';
import { ToolError } from '../../core/errors.ts';
import { aliasPattern, type WrittenHost } from '../../core/ssh-host.ts';

const load = createRequire(import.meta.url);

export interface ImportedHosts {
  hosts: WrittenHost[];
  /** What is not taken over, and why. */
  left: { alias: string; why: string }[];
}

/**
 * The hosts of an OpenSSH client configuration (ssh_config(5)): each `Host` with a plain name, with the values that ssh
 * would use for it. Nothing is run: `Match exec`, `ProxyCommand` and `Include` stay out, and are said.
 */
export function hostsOfConfig(file: string): ImportedHosts {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ToolError('not_found', `${file} cannot be read.`, { hint: 'Name the file: file ~/.ssh/config', cause: error });
  }
  const library = (load('ssh-config') as { default: typeof SSHConfig }).default;
  let config: SSHConfig;
  try {
    config = library.parse(text.replace(/^\s*Match\b[^]*?(?=^\s*Host\b|$(?![^]))/gim, ''));
  } catch (error) {
    throw new ToolError('bad_config', `${file} is not in the form of an ssh configuration.`, {
      hint: 'ssh -G NAME says what is wrong.',
      cause: error,
    });
  }
  const names = [...text.matchAll(/^\s*Host[\s=]+(.+)$/gim)].flatMap(([, list]) => list!.trim().split(/\s+/));
  const plain = [...new Set(names.map((name) => name.replaceAll('"', '')).filter((name) => !/[*?!]/.test(name)))];
  const left: ImportedHosts['left'] = /^\s*Include\b/im.test(text) ? [{ alias: '-', why: 'Include: give that file by itself' }] : [];
  const hosts: WrittenHost[] = [];
  for (const alias of plain) {
    const computed = config.compute(alias);
    const why = aliasPattern.test(alias) ? reasonToLeave(computed) : 'its name has signs that an alias may not have';
    if (why === undefined) hosts.push(hostOf(alias, computed));
    else left.push({ alias, why });
  }
  return withJumps({ hosts, left });
}

const first = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

function reasonToLeave({ ProxyCommand, ProxyJump }: Record<string, string | string[]>): string | undefined {
  if (ProxyCommand !== undefined && first(ProxyCommand) !== 'none') return 'it has a ProxyCommand; use jump';
  const jump = first(ProxyJump);
  return jump !== undefined && /[,@:]/.test(jump) ? `ProxyJump ${jump}: name one host that has an entry of its own` : undefined;
}

function hostOf(alias: string, found: Record<string, string | string[]>): WrittenHost {
  const hostname = (first(found.HostName) ?? alias).replaceAll('%h', alias);
  const jump = first(found.ProxyJump);
  return {
    alias,
    hostname,
    ...(found.Port !== undefined && { port: Number(first(found.Port)) }),
    ...(found.User !== undefined && { username: first(found.User) }),
    ...(found.IdentityFile !== undefined && { key_file: first(found.IdentityFile)!.replaceAll('%d', '~') }),
    ...(jump !== undefined && jump !== 'none' && { jump }),
  };
}

/** A way through a host that has no entry leads nowhere. */
function withJumps({ hosts, left }: ImportedHosts): ImportedHosts {
  const names = new Set(hosts.map(({ alias }) => alias));
  const lost = hosts.filter(({ jump }) => jump !== undefined && !names.has(jump));
  return {
    hosts: hosts.filter((host) => !lost.includes(host)),
    left: [...left, ...lost.map(({ alias, jump }) => ({ alias, why: `its ProxyJump ${jump} has no entry of its own` }))],
  };
}
