import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { smallDisk, whyNoMounts, type Mount } from '../support/mounts.ts';
import { claw, startServe, type Finished } from '../support/processes.ts';

const why = whyNoMounts();
if (why) console.log(`skipped: full and read-only disks; ${why}`);

/** Leaves no byte. */
function fill({ seen, folder }: Mount): void {
  const file = seen(path.join(folder, 'fill'));
  for (const size of [1_048_576, 4_096]) {
    for (let count = 0; count < 2_000; count += 1) {
      try {
        writeFileSync(file, new Uint8Array(size), { flag: 'a' });
      } catch {
        break;
      }
    }
  }
}

const free = ({ seen, folder }: Mount): void => rmSync(seen(path.join(folder, 'fill')));
const json = (text: string): unknown => JSON.parse(text);

describe.skipIf(why !== undefined)('a disk', () => {
  const at = (disk: Mount): { home: string; run: (...args: string[]) => Promise<Finished> } => {
    const home = path.join(disk.folder, 'home');
    const env = { CLAW_FILE_ROOTS: disk.folder };
    return { home, run: (...args) => claw([...args, '--json', '--no-daemon'], { home, env, through: disk.through, cwd: '/' }) };
  };

  test('that is full refuses every call, naming the file and the way out; nothing is lost, and with room again all is well', async () => {
    const disk = await smallDisk(4);
    const { home, run } = at(disk);
    expect((await run('memory', 'remember', 'before the disk was full')).code).toBe(0);
    fill(disk);
    const commands = [
      ['memory', 'remember', 'while it is full'],
      ['file', 'write', path.join(disk.folder, 'x.txt'), 'text'],
      ['status', 'show'],
      ['token', 'rotate'],
      ['do', 'check the disk of this machine'],
    ];
    for (const command of commands) {
      const { code, stderr, stdout } = await run(...command);
      expect([command[0], code, stdout, json(stderr)]).toEqual([
        command[0],
        1,
        '',
        {
          code: 'unavailable',
          message: expect.stringContaining(path.join(home, 'claw.db')) as string,
          hint: expect.stringContaining('Free some disk space') as string,
        },
      ]);
    }
    expect(existsSync(disk.seen(path.join(disk.folder, 'x.txt')))).toBe(false);
    free(disk);
    const { items } = json((await run('memory', 'list')).stdout) as { items: { text: string }[] };
    expect(items.map(({ text }) => text)).toEqual(['before the disk was full']);
    expect(json((await run('audit', 'verify')).stdout)).toMatchObject({ ok: true });
  });

  test('that fills up under a daemon leaves it alive: it says so, and serves again when there is room', async () => {
    const disk = await smallDisk(6);
    const { home } = at(disk);
    await using server = await startServe(['--port', '0'], { home, through: disk.through, env: { CLAW_FILE_ROOTS: disk.folder } });
    const token = readFileSync(disk.seen(path.join(home, 'token')), 'utf8').trim();
    const call = async (tool: string, input: object): Promise<{ status: number; body: unknown }> => {
      const headers = { Authorization: `Bearer ${token}` };
      const response = await fetch(`${server.url}/api/tools/${tool}`, { method: 'POST', headers, body: JSON.stringify(input) });
      return { status: response.status, body: await response.json() };
    };
    expect((await call('file_write', { path: path.join(disk.folder, 'old.txt'), text: 'whole' })).status).toBe(200);
    fill(disk);
    const file = path.join(disk.folder, 'old.txt');
    const content = 'much longer '.repeat(20_000);
    let answer = await call('file_write', { path: file, text: content, mode: 'overwrite' });
    for (let tries = 0; tries < 50 && answer.status === 200; tries += 1) answer = await call('status_show', {});
    expect(answer).toMatchObject({
      status: expect.any(Number) as number,
      body: { error: { message: expect.stringMatching(/full|No space/) as string, hint: expect.stringMatching(/[Ff]ree/) as string } },
    });
    expect(readFileSync(disk.seen(file), 'utf8')).toBe('whole');
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    free(disk);
    expect((await call('file_write', { path: file, text: content, mode: 'overwrite' })).status).toBe(200);
    expect(readFileSync(disk.seen(file), 'utf8')).toBe(content);
    expect(await call('audit_verify', {})).toMatchObject({ status: 200, body: { ok: true } });
  });

  test('that is read-only is named at start by every command, and nothing on it changes', async () => {
    const disk = await smallDisk(6);
    const { home, run } = at(disk);
    expect((await run('memory', 'remember', 'before')).code).toBe(0);
    disk.shell(`mount -o remount,ro "${disk.folder}"`);
    for (const command of [['memory', 'list'], ['serve', '--port', '0'], ['mcp'], ['token', 'rotate']]) {
      const { code, stderr } = await run(...command);
      expect([command[0], code, json(stderr)]).toMatchObject([
        command[0],
        2,
        {
          code: 'bad_config',
          message: expect.stringContaining(path.join(home, 'claw.db')) as string,
          hint: expect.stringContaining('read-only') as string,
        },
      ]);
    }
    disk.shell(`mount -o remount,rw "${disk.folder}"`);
    expect((json((await run('memory', 'list')).stdout) as { items: object[] }).items).toHaveLength(1);
  });
});
