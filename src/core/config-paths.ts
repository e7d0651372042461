import path from 'node:path';
import { socketPath } from './socket-path.ts';

/** Where what is in the data folder. */
export const pathsIn = (home: string) => ({
  home,
  database: path.join(home, 'claw.db'),
  policy: path.join(home, 'policy.yaml'),
  watchers: path.join(home, 'watchers.yaml'),
  sources: path.join(home, 'mcp.json'),
  hosts: path.join(home, 'hosts.yaml'),
  knownHosts: path.join(home, 'known_hosts'),
  memory: path.join(home, 'memory.db'),
  vault: path.join(home, 'vault.age'),
  identity: path.join(home, 'identity.txt'),
  auditLog: path.join(home, 'audit.log'),
  auditKey: path.join(home, 'audit.key'),
  auditArchive: path.join(home, 'audit-archive'),
  token: path.join(home, 'token'),
  ownerToken: path.join(home, 'owner-token'),
  socket: socketPath(home),
  runs: path.join(home, 'runs'),
  workflows: path.join(home, 'workflows'),
  agents: path.join(home, 'agents'),
  backups: path.join(home, 'backups'),
});

export type Paths = ReturnType<typeof pathsIn>;
