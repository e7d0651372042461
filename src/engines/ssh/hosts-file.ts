import { ToolError } from '../../core/errors.ts';
import { broken, openYaml, stampOf, valueOf, writeYaml, type YamlFile } from '../../core/yaml-file.ts';
import { hostsSchema, hostsSchemaFile, type SshHost, type WrittenHost } from '../../core/ssh-host.ts';

const described = `${hostsSchemaFile} and docs/ssh.md`;

/** hosts.yaml, read again when it has changed. */
export interface HostsFile {
  /** Throws `bad_config` with line and column. */
  hosts(): SshHost[];
  /** Throws `not_found`. */
  host(alias: string): SshHost;
  /** Hosts of an alias, a group or a tag, in the order of the file. Throws `not_found`. */
  targets(names: string[]): SshHost[];
  /** Throws `conflict` where the alias is taken, unless it replaces. Returns what was there before. */
  add(hosts: WrittenHost[], options: { replace: boolean }): WrittenHost[];
  /** Returns the entry as it was written. Throws `not_found`. */
  remove(alias: string): WrittenHost;
}

export function createHostsFile(file: string): HostsFile {
  let seen: string | undefined;
  let read: SshHost[] = [];
  const hosts = (): SshHost[] => {
    const stamp = stampOf(file);
    if (stamp !== seen) read = readHosts(file);
    seen = stamp;
    return read;
  };
  const known = (alias: string): SshHost | undefined => hosts().find((host) => host.alias === alias);
  const host = (alias: string): SshHost => known(alias) ?? notFound(alias);
  return {
    hosts,
    host,
    targets: (names) => {
      const wanted = names.map((name) => {
        const one = known(name);
        const found = one ? [one] : hosts().filter(({ groups, tags }) => groups.includes(name) || tags.includes(name));
        return found.length > 0 ? found : notFound(name);
      });
      const all = new Set(wanted.flat());
      return hosts().filter((one) => all.has(one));
    },
    add: (added, { replace }) => {
      const open = openYaml(file, described);
      const before: WrittenHost[] = [];
      for (const one of added) {
        const index = written(file).findIndex(({ alias }) => alias === one.alias);
        if (index !== -1 && !replace)
          throw new ToolError('conflict', `There is a host called ${one.alias} already.`, {
            hint: 'Choose another alias, or replace it: replace true.',
          });
        if (index !== -1) before.push(written(file)[index]!);
        if (index !== -1) open.document.setIn(['hosts', index], open.document.createNode(one));
        else if (open.document.hasIn(['hosts', 0])) open.document.addIn(['hosts'], open.document.createNode(one));
        else open.document.set('hosts', open.document.createNode([one]));
      }
      check(open);
      writeYaml(file, open);
      return before;
    },
    remove: (alias) => {
      const index = hosts().findIndex((one) => one.alias === alias);
      if (index === -1) return notFound(alias);
      const before = written(file)[index]!;
      const open = openYaml(file, described);
      open.document.deleteIn(['hosts', index]);
      check(open);
      writeYaml(file, open);
      return before;
    },
  };
}

function readHosts(file: string): SshHost[] {
  // Only who has hosts pays for reading YAML.
  return stampOf(file) === '' ? [] : check(openYaml(file, described));
}

/** Beyond the schema: aliases are unique, and the ways through other hosts lead somewhere. */
function check(open: YamlFile): SshHost[] {
  const { hosts } = valueOf(open, hostsSchema(), described);
  const byAlias = new Map<string, SshHost>();
  const fault = (index: number, field: string, what: string): ToolError =>
    broken(open.placeOf(['hosts', index, field]), `hosts.${index}.${field}: ${what}`, described);
  for (const [index, host] of hosts.entries()) {
    if (byAlias.has(host.alias)) throw fault(index, 'alias', `there is another host called ${host.alias}`);
    byAlias.set(host.alias, host);
  }
  for (const [index, host] of hosts.entries()) {
    if (host.jump !== undefined && !byAlias.has(host.jump)) throw fault(index, 'jump', `there is no host called ${host.jump}`);
    if (host.groups.some((group) => byAlias.has(group))) throw fault(index, 'groups', 'a group has the name of a host');
    if (goesInCircles(host, byAlias)) throw fault(index, 'jump', 'the way leads back to the host itself');
  }
  return hosts;
}

function goesInCircles(host: SshHost, byAlias: Map<string, SshHost>): boolean {
  const seen = new Set<string>();
  for (let at: SshHost | undefined = host; at; at = at.jump === undefined ? undefined : byAlias.get(at.jump)) {
    if (seen.has(at.alias)) return true;
    seen.add(at.alias);
  }
  return false;
}

const written = (file: string): WrittenHost[] =>
  ((openYaml(file, described).document.toJS() ?? {}) as { hosts?: WrittenHost[] }).hosts ?? [];

function notFound(name: string): never {
  throw new ToolError('not_found', `No host, group or tag is called "${name.slice(0, 60)}".`, {
    hint: 'ssh_hosts shows them; ssh_host_add adds one.',
  });
}
