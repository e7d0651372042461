import path from 'node:path';
import { absolute } from './config.ts';

/** Sources whose text the owner takes for as good as his own. */
export interface TrustedSources {
  host(url: string): boolean;
  /** An absolute path. */
  file(file: string): boolean;
}

/**
 * `hosts`: names, `*.example.com` for all below, `host:port` for one port. `paths`: absolute folders or files. Pure, and
 * nobody is trusted by default.
 */
export function trustedSources({ hosts = [], paths = [] }: { hosts?: string[]; paths?: string[] }): TrustedSources {
  const named = new Set(hosts.filter((host) => !host.startsWith('*.')).map((host) => host.toLowerCase()));
  const suffixes = hosts.filter((host) => host.startsWith('*.')).map((host) => host.slice(1).toLowerCase());
  const folders = paths.map((folder) => path.resolve(folder));
  return {
    host: (text) => {
      const url = URL.parse(text);
      if (!url) return false;
      return named.has(url.hostname) || named.has(url.host) || suffixes.some((suffix) => url.hostname.endsWith(suffix));
    },
    file: (file) => folders.some((folder) => file === folder || file.startsWith(folder + path.sep)),
  };
}

/** Several lists as one, asked for at each look: the owner may change them meanwhile. */
export function mergedSources(lists: () => { hosts: string[]; paths: string[] }[]): TrustedSources {
  const now = (): TrustedSources => {
    const all = lists();
    return trustedSources({ hosts: all.flatMap(({ hosts }) => hosts), paths: all.flatMap(({ paths }) => paths).map(absolute) });
  };
  return { host: (url) => now().host(url), file: (file) => now().file(file) };
}

/** Hosts and paths out of one list: a path begins with / or ~. */
export function sourcesIn(list: string[]): { hosts: string[]; paths: string[] } {
  const isPath = (source: string): boolean => /^[/~]/.test(source);
  return { hosts: list.filter((source) => !isPath(source)), paths: list.filter(isPath).map(absolute) };
}
