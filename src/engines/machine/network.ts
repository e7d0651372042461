import type Systeminformation from 'systeminformation';

export interface MachineNetwork {
  hostname: string;
  /** Addresses of the interfaces that are up, loopback left out. */
  addresses: { interface: string; ip4: string; ip6: string; mac: string }[];
  gateway: string;
  /** Sockets that wait for others, by port. `address` 0.0.0.0, :: or * means every interface. */
  listening: { protocol: string; address: string; port: number; pid: number | null; program: string }[];
}

type Library = typeof Systeminformation;

/** Who this machine is on the network, and what listens on it. Needs root to name programs of other users. */
export async function readNetwork(si: Library): Promise<MachineNetwork> {
  const [{ hostname }, interfaces, gateway, connections] = await Promise.all([
    si.osInfo(),
    si.networkInterfaces(),
    si.networkGatewayDefault(),
    si.networkConnections(),
  ]);
  return {
    hostname,
    addresses: [interfaces]
      .flat()
      .filter(({ internal, ip4, ip6 }) => !internal && (ip4 !== '' || ip6 !== ''))
      .map(({ iface, ip4, ip6, mac }) => ({ interface: iface, ip4, ip6, mac })),
    gateway: gateway ?? '',
    listening: connections
      .filter(({ state, protocol }) => state === 'LISTEN' || protocol.startsWith('udp'))
      .map(({ protocol, localAddress, localPort, pid, process: program }) => ({
        protocol,
        address: localAddress,
        port: Number(localPort),
        pid: pid || null,
        program: program ?? '',
      }))
      .toSorted((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1)),
  };
}
