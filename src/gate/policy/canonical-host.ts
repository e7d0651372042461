/**
 * A host in the one spelling that is compared: lower case, no dot at the end, IDN as punycode, IPv4 in four decimal numbers
 * whatever base it was written in, IPv6 compressed, without brackets and zone, mapped IPv4 as IPv4 (WHATWG URL, host parsing).
 */
export function canonicalHost(text: string): string {
  const plain = text.trim().toLowerCase().replace(/\.+$/, '');
  const inner = plain.replace(/^\[|\]$/g, '');
  const isSix = (inner.match(/:/g) ?? []).length > 1;
  const parsed = URL.parse(`http://${isSix ? `[${inner.replace(/%.*$/, '')}]` : plain}/`)?.hostname ?? plain;
  const host = parsed.replace(/^\[|\]$/g, '').replace(/\.+$/, '');
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host);
  return mapped ? mapped.slice(1).flatMap(twoBytes).join('.') : host;
}

const twoBytes = (group: string): number[] => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255];

/** Stands for a host that is only known then: `curl http://na[s-s]/` tries several. */
export const anywhere = '*';
