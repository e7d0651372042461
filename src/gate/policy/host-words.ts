import { fetchers, readers, wordSet } from '../../core/commands/names.ts';
import { trafficOf } from '../../core/commands/network.ts';
import { program } from '../../core/commands/wrappers.ts';
import type { SimpleCommand } from '../../core/shell-words.ts';
import { anywhere, canonicalHost } from './canonical-host.ts';

/** The host of a link, or of `user@host:port`. */
export function hostOf(text: string): string[] {
  const link = URL.parse(text)?.hostname;
  const host = link
    ? link
    : text
        .replace(/^.*@/s, '')
        .replace(/[/?#].*$/s, '')
        .replace(/^([^:[\]]*):\d*$/, '$1')
        .replace(/\]:\d+$/, ']');
  return host === '' ? [] : [canonicalHost(host)];
}

/** Links in a text, also in a program of another language. */
export const linksIn = (text: string): string[] => (text.match(/[a-z][a-z0-9+.-]*:\/\/[^\s'"`)>]+/gi) ?? []).flatMap(hostOf);

const remoteShells = /^(ssh|scp|sftp|rsync|mosh|ssh-copy-id)$/;
const valuedOfSsh = wordSet('-b -B -c -D -e -E -F -i -I -J -L -l -m -O -o -p -P -Q -R -S -W -w -t -T -u');

/** The hosts that a command surely goes to. */
export function hostsOf({ words }: SimpleCommand): string[] {
  const links = words.flatMap((word) => (word.includes('://') ? hostOf(word) : []));
  const name = program({ words });
  if (fetchers.has(name)) return [...links, ...words.slice(1).filter(isBareHost).flatMap(hostOf)];
  if (!remoteShells.test(name)) return links;
  const places = words.slice(1).filter((word, index) => !word.startsWith('-') && !valuedOfSsh.has(words[index] ?? ''));
  const named = name === 'ssh' ? places.slice(0, 1) : places.filter((word) => /^[^/]*[:@]/.test(word) && !word.includes('://'));
  return [...links, ...named.map((word) => (word.includes('[') ? word : word.replace(/:[^]*$/, ''))).flatMap(hostOf)];
}

const isBareHost = (word: string): boolean =>
  !word.startsWith('-') && !word.includes('://') && /^[^\s/]*[.:][^\s]*$|^localhost\b/.test(word);

/** Only look at names here, of files or of nothing: no word of theirs is a host. */
const local = wordSet('rm rmdir mkdir touch cp mv ln chmod chown chgrp truncate tee tar gzip gunzip zip unzip');
const lookups = wordSet(
  'ping ping6 dig host nslookup traceroute tracepath mtr fping iperf3 getent whois nmap mosh showmount nmblookup smbtree arp',
);

/** All that a command may go to: any word or part of a word that could be a host, of programs that may reach out. */
export function hostsMeant(command: SimpleCommand): string[] {
  const { words, writesTo, readsFrom, sets, stdin = '' } = command;
  const name = program(command);
  const devices = [...writesTo, ...readsFrom].flatMap((file) => /^\/dev\/(?:tcp|udp)\/([^/]+)/.exec(file)?.[1] ?? []);
  const inTexts = words.flatMap(linksIn);
  const isLocal = local.has(name) || (readers.has(name) && !trafficOf(command).sends && !lookups.has(name));
  const told = [...sets.map(({ value }) => value), ...(fetchers.has(name) ? stdin.split('\n') : [])].flatMap(hostsInText);
  const unsure = words.some((word) => globbed.test(word)) ? [anywhere] : [];
  const pieces = isLocal
    ? []
    : words
        .slice(1)
        .filter((word) => !word.includes('://'))
        .flatMap(piecesOf);
  return [...new Set([...hostsOf(command), ...inTexts, ...told, ...unsure, ...[...devices, ...pieces].map(canonicalHost)])];
}

const globbed = /:\/\/[^/]*(\{|\[[^\]:]*\])/;

/** Those that a text names, as the value of a variable does: HTTPS_PROXY=nas:8080. */
export const hostsInText = (text: string): string[] => [
  ...linksIn(text),
  ...(text.includes('://') ? [] : piecesOf(text).map(canonicalHost)),
];

const piecesOf = (word: string): string[] =>
  [word, word.replace(/^-[a-zA-Z]/, ''), ...word.split(/[\s=,@'"`()?#;|&<>]+/)]
    .map((piece) => piece.replace(/^\/\//, '').replace(/\/.*$/s, ''))
    .flatMap((piece) => [piece, piece.replace(/^\[|\](:\d+)?$/g, ''), ...piece.split(':')])
    .filter((piece) => /^[\p{L}\p{N}][\p{L}\p{N}.:%_-]*$/u.test(piece));

/** Options that lead a program elsewhere than its words say: jump hosts, proxies, redirects, other settings. */
export const leadsElsewhere = ({ words }: SimpleCommand): boolean =>
  words.some((word) =>
    /^-[a-zA-Z]*[JoFWLRDxKSw]|^--(location|proxy|preproxy|socks|resolve|connect-to|config|next|rsh|execute|use-askpass|input-file)/.test(
      word,
    ),
  );
