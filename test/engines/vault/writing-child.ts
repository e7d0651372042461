import path from 'node:path';
import { systemClock } from '../../../src/core/clock.ts';
import { openDatabase } from '../../../src/core/database.ts';
import { createRedactor } from '../../../src/core/redact.ts';
import { vaultSchema } from '../../../src/engines/vault/vault-schema.ts';
import { createVault } from '../../../src/engines/vault/vault.ts';

/** Writes `value-<n>` for n from the given number on, and every fortieth time a new key; says each before and after. */
const [home, from] = process.argv.slice(2) as [string, string];
const db = openDatabase(path.join(home, 'claw.db'), [vaultSchema]);
const vault = createVault({
  paths: { vault: path.join(home, 'vault.age'), identity: path.join(home, 'identity.txt') },
  db,
  clock: systemClock,
  redactor: createRedactor(),
  onOpen: () => {},
});

for (let n = Number(from); ; n += 1) {
  process.stdout.write(`writing ${n}\n`);
  await vault.set('token', { value: `value-${n}` }, { kind: 'owner' });
  process.stdout.write(`written ${n}\n`);
  if (n % 40 !== 0) continue;
  process.stdout.write(`rekeying ${n}\n`);
  await vault.rekey();
  process.stdout.write(`rekeyed ${n}\n`);
}
