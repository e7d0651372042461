import type { IncomingMessage } from 'node:http';

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]', '::1']);
export const isLoopback = (host: string): boolean => loopback.has(host);
const isEverywhere = (host: string): boolean => host === '0.0.0.0' || host === '::' || host === '[::]';

/**
 * Whether this server is meant by a Host or an Origin: loopback, the address it listens on, names that the owner allowed,
 * and the very address that the connection came in on. The last is no way for a page of elsewhere (DNS rebinding needs a name).
 */
export function isAddressed(hosts: string[]): (host: string | undefined, incoming: IncomingMessage) => boolean {
  const known = new Set([...loopback, ...hosts.filter((host) => !isEverywhere(host)).map((host) => host.toLowerCase())]);
  return (host, { socket }) => {
    const name = host === undefined ? undefined : hostname(host);
    return name !== undefined && (known.has(name) || name === localName(socket.localAddress));
  };
}

/** Node keeps the first of several Host headers and hides the others. */
export function otherHosts({ rawHeaders }: IncomingMessage): string[] {
  return rawHeaders.filter((_value, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === 'host').slice(1);
}

/** Without the port; undefined where it is none. */
const hostname = (host: string): string | undefined => /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase();

/** An address as it stands in a Host header; IPv4 within IPv6 (RFC 4291, 2.5.5.2) as plain IPv4. */
function localName(address: string | undefined): string | undefined {
  const plain = address?.toLowerCase().replace(/^::ffff:(?=[\d.]+$)/, '');
  return plain?.includes(':') === true ? `[${plain}]` : plain;
}
