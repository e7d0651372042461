import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, symlinkSync, unlinkSync, writeFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startApp } from '../../support/app.ts';

const tries = 200;

test.skipIf(process.platform !== 'linux')(
  'a folder that is swapped for a link while files are written, copied, moved and read leads nowhere else',
  { timeout: 60_000 },
  async () => {
    const app = await startApp();
    const at = (name: string): string => path.join(app.files, name);
    for (const folder of ['stage', '.ssh']) mkdirSync(at(folder));
    writeFileSync(at('.ssh/id'), 'the key');
    const child = spawn(process.execPath, [path.join(import.meta.dirname, 'swapping-child.ts'), at('stage'), at('.ssh')]);
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    const outcomes: Record<string, number> = {};
    for (let count = 0; count < tries; count += 1) {
      writeFileSync(at(`evil-${count}`), 'evil');
      const calls: [string, object][] = [
        ['file_write', { path: at(`stage/written-${count}`), text: 'evil' }],
        ['file_copy', { from: at(`evil-${count}`), to: at(`stage/copied-${count}`) }],
        ['file_move', { from: at(`evil-${count}`), to: at(`stage/moved-${count}`) }],
      ];
      for (const [tool, input] of calls) {
        const outcome = await app.gate.call({ kind: 'agent' }, tool, input).then(
          () => 'done',
          ({ code }: { code: string }) => code,
        );
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      }
    }
    console.log(`${3 * tries} changes while a link comes and goes: ${JSON.stringify(outcomes)}`);
    expect(readdirSync(at('.ssh'))).toEqual(['id']);
    expect(Object.keys(outcomes)).not.toContain('internal');
  },
);

test('a yes to a call that names a link is a yes to what it led to then', async () => {
  const app = await startApp();
  const at = (name: string): string => path.join(app.files, name);
  for (const name of ['junk', 'precious']) writeFileSync(at(name), name);
  symlinkSync(at('junk'), at('link'));
  const remove = (): Promise<unknown> => app.gate.call({ kind: 'agent' }, 'file_delete', { path: at('link') });
  const { approvalId } = await remove().then(
    () => ({ approvalId: '' }),
    (error: { approvalId: string }) => error,
  );
  await app.call('approval_answer', { id: approvalId, answer: 'approve' });
  unlinkSync(at('link'));
  symlinkSync(at('precious'), at('link'));
  await expect(remove()).rejects.toMatchObject({ code: 'approval_required' });
  expect(existsSync(at('precious'))).toBe(true);
  unlinkSync(at('link'));
  symlinkSync(at('junk'), at('link'));
  await remove();
  expect([existsSync(at('junk')), existsSync(at('precious'))]).toEqual([false, true]);
});
