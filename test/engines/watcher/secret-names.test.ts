import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { bytesBelow, leaks } from '../../support/canaries.ts';
import { drop, startInbox } from './inbox.ts';

const secret = 'Zq7NameOfAFile93xK';

function leaksBelow(home: string): string[] {
  return leaks(bytesBelow(home), [{ kind: 'long', value: secret }]).map(({ where }) => where);
}

test('a file called after a secret is not written down under that name by a process that nobody has called yet', async () => {
  const first = await startInbox();
  await first.app.call('vault_set', { name: 'one', value: secret });
  await first.app[Symbol.asyncDispose]();
  const second = await startInbox({}, { home: first.app.home });
  drop(second.inbox, `${secret}.txt`);
  await second.ended(1);
  expect(leaksBelow(first.app.home)).toEqual([]);
});

test('nor where another process has set the secret meanwhile, and no call has come since', async () => {
  const place = await startInbox();
  const other = await startApp({ home: place.app.home });
  await other.call('vault_set', { name: 'one', value: secret });
  writeFileSync(path.join(place.inbox, `${secret}.txt`), 'hello');
  await place.ended(1);
  expect(leaksBelow(place.app.home)).toEqual([]);
});
