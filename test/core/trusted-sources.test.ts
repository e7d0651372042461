import { homedir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { sourcesIn, trustedSources } from '../../src/core/trusted-sources.ts';

const trusted = trustedSources(sourcesIn(['docs.example.com', '*.lan', 'nas.home:8443', '/srv/feeds', '~/notes']));

test.for([
  ['https://docs.example.com/a', true],
  ['https://DOCS.example.com:8443/', true],
  ['http://printer.lan/', true],
  ['http://a.b.lan/', true],
  ['https://nas.home:8443/x', true],
  ['https://nas.home/x', false],
  ['https://example.com/', false],
  ['https://docs.example.com.evil.net/', false],
  ['https://evil.net/?docs.example.com', false],
  ['https://docs.example.com@evil.net/', false],
  ['http://lan/', false],
  ['http://notlan/', false],
  ['not an address', false],
] as const)('%s: %s', ([url, expected]) => {
  expect(trusted.host(url)).toBe(expected);
});

test.for([
  ['/srv/feeds', true],
  ['/srv/feeds/today/a.txt', true],
  ['/srv/feeds-of-others/a.txt', false],
  ['/srv', false],
  [path.join(homedir(), 'notes', 'a.md'), true],
] as const)('the file %s: %s', ([file, expected]) => {
  expect(trusted.file(file)).toBe(expected);
});

test('nobody is trusted by default', () => {
  expect(trustedSources({}).host('https://example.com/')).toBe(false);
  expect(trustedSources({}).file('/srv/feeds/a.txt')).toBe(false);
});
