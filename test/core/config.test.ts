import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig, type ConfigSources } from '../../src/core/config.ts';
import { temporaryFolder } from '../support/folder.ts';

interface Places extends ConfigSources {
  home: string;
}

function places(): Places {
  const base = temporaryFolder();
  const [home, cwd, root] = ['home', 'cwd', 'root'].map((name) => path.join(base, name)) as [string, string, string];
  for (const folder of [home, cwd, root]) mkdirSync(folder);
  return { home, cwd, root, env: { CLAW_HOME: home } };
}

const port = (where: ConfigSources): [number, string] => {
  const { values, sources } = loadConfig(where);
  return [values.CLAW_PORT, sources.CLAW_PORT];
};

test('the environment comes before the vault, the vault before .env, .env before the default', () => {
  const where = places();
  expect(port(where)).toEqual([8200, 'default']);
  writeFileSync(path.join(where.cwd, '.env'), 'CLAW_PORT=1111\nOTHER=x\n');
  expect(port(where)).toEqual([1111, '.env']);
  expect(port({ ...where, vault: { CLAW_PORT: '2222' } })).toEqual([2222, 'vault']);
  expect(port({ ...where, vault: { CLAW_PORT: '2222' }, env: { ...where.env, CLAW_PORT: '3333' } })).toEqual([3333, 'environment']);
});

test('an unknown or malformed setting is an error that names it', () => {
  const where = places();
  expect(() => loadConfig({ ...where, env: { ...where.env, CLAW_PROT: '1' } })).toThrow(/CLAW_PROT \(from environment\)/);
  expect(() => loadConfig({ ...where, env: { ...where.env, CLAW_PORT: 'many' } })).toThrow(/CLAW_PORT \(from environment\)/);
});

test.each([
  ['CLAW_HTTP_ALLOW', '%%%'],
  ['CLAW_HTTP_ALLOW', 'nas'],
  ['CLAW_HTTP_ALLOW', '10.0.0.0/33'],
  ['CLAW_HTTP_ALLOW', '999.0.0.0/8'],
  ['CLAW_FILE_ROOTS', 'relative'],
  ['CLAW_HOST', 'two words'],
  ['CLAW_PORT', '65536'],
])('%s=%s is refused by name', (name, value) => {
  const where = places();
  expect(() => loadConfig({ ...where, env: { ...where.env, [name]: value } })).toThrow(new RegExp(name));
});

test('settings of later versions are known already', () => {
  const where = places();
  const env = {
    CLAW_MODEL: 'auto',
    CLAW_MODEL_CHAT: 'anthropic/x',
    CLAW_EMBEDDINGS: 'bundled',
    CLAW_DATABASE_URL: 'postgres://localhost/claw',
  };
  expect(loadConfig({ ...where, env: { ...where.env, ...env } }).sources).toMatchObject({
    CLAW_MODEL: 'environment',
    CLAW_EMBEDDINGS: 'environment',
  });
});

test("a .env of a foreign folder cannot widen what claw may do, the owner's own can", () => {
  const where = places();
  writeFileSync(path.join(where.cwd, '.env'), 'CLAW_HTTP_ALLOW=0.0.0.0/0\nCLAW_HOST=0.0.0.0\n');
  expect(loadConfig(where).values).toMatchObject({ CLAW_HTTP_ALLOW: [], CLAW_HOST: '127.0.0.1' });
  writeFileSync(path.join(where.home, '.env'), 'CLAW_HTTP_ALLOW=10.0.0.0/8, nas:80\n');
  expect(loadConfig(where).values.CLAW_HTTP_ALLOW).toEqual(['10.0.0.0/8', 'nas:80']);
});
