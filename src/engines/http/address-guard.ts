import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { ToolError } from '../../core/errors.ts';

export interface Address {
  address: string;
  family: 4 | 6;
}

/** Decides which addresses may be reached. */
export interface AddressGuard {
  /**
   * The addresses of a host, all of them allowed. Connect to one of these and to nothing else: asking the
   * name server again could give another answer (DNS rebinding).
   */
  resolve(hostname: string, port: number): Promise<Address[]>;
}

/** `allow`: host:port and CIDR entries that may be reached although they are not public. */
export function createAddressGuard(allow: string[]): AddressGuard {
  const ranges = allow.filter((entry) => entry.includes('/')).map(rangeOf);
  const hosts = new Set(allow.filter((entry) => !entry.includes('/')).map((entry) => entry.toLowerCase()));
  const isAllowed = (address: string, name: string, port: number): boolean => {
    const parsed = ipaddr.process(address);
    if (parsed.range() === 'unicast') return true;
    if (hosts.has(`${name}:${port}`) || hosts.has(`${parsed.toString()}:${port}`)) return true;
    return ranges.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits));
  };
  return {
    resolve: async (hostname, port) => {
      const name = hostname
        .toLowerCase()
        .replace(/^\[|\]$/g, '')
        .replace(/\.$/, '');
      const found = await addressesOf(name);
      if (!found.every(({ address }) => isAllowed(address, name, port))) throw refused(name, port);
      return found;
    },
  };
}

function rangeOf(entry: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  try {
    return ipaddr.parseCIDR(entry);
  } catch (cause) {
    throw new ToolError('bad_config', `CLAW_HTTP_ALLOW: ${entry} is no address range.`, {
      hint: 'Write it as 10.0.0.0/8, or as host:port.',
      cause,
    });
  }
}

async function addressesOf(name: string): Promise<Address[]> {
  if (isIP(name) !== 0) return [{ address: name, family: isIP(name) as 4 | 6 }];
  try {
    return (await lookup(name, { all: true, verbatim: true })) as Address[];
  } catch (cause) {
    throw new ToolError('unavailable', `The host ${name.slice(0, 100)} has no address.`, {
      hint: 'Check the name and the network.',
      cause,
    });
  }
}

const refused = (name: string, port: number): ToolError =>
  new ToolError('denied', `${name.slice(0, 100)}:${port} is not a public address.`, {
    hint: `The owner may allow it: CLAW_HTTP_ALLOW=${name.slice(0, 100)}:${port}`,
  });
