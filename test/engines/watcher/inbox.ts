import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, vi } from 'vitest';
import type { RunRecord } from '../../../src/durable/backend.ts';
import { startApp, type TestApp, type TestAppOptions } from '../../support/app.ts';

export const settleMs = 60;

export interface Inbox {
  app: TestApp;
  inbox: string;
  archive: string;
  /** The runs of rules, oldest first. */
  runs(): Promise<RunRecord[]>;
  /** Resolves once so many have ended, and fails where there are more after a pause. */
  ended(count: number): Promise<RunRecord[]>;
}

/** The app, leading, with one rule on an empty folder. Without another action it copies to `archive`. */
export async function startInbox(rule: Record<string, unknown> = {}, options: TestAppOptions = {}): Promise<Inbox> {
  const app = await startApp({ recover: true, ...options });
  const [inbox, archive] = [path.join(app.files, 'inbox'), path.join(app.files, 'archive')];
  for (const folder of [inbox, archive]) mkdirSync(folder, { recursive: true });
  const action = ['move', 'shell', 'script', 'tool', 'steps', 'copy'].some((name) => name in rule) ? {} : { copy: archive };
  if (!options.home) await app.call('watcher_add', { name: 'scans', path: inbox, settleMs, ...action, ...rule });
  const runs = async (): Promise<RunRecord[]> => (await app.backend.list({ kind: 'watcher', limit: 100 })).items.toReversed();
  const ended = async (count: number): Promise<RunRecord[]> => {
    await vi.waitFor(
      async () => expect((await runs()).filter(({ endedAt }) => endedAt !== undefined).length).toBeGreaterThanOrEqual(count),
      {
        timeout: 15_000,
        interval: 30,
      },
    );
    await pause(settleMs * 6);
    const all = await runs();
    expect(all.length).toBe(count);
    return all;
  };
  return { app, inbox, archive, runs, ended };
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
export const drop = (folder: string, name: string, text = name): void => writeFileSync(path.join(folder, name), text);
export const eventOf = ({ input }: RunRecord): string => (input as { file: { event: string } }).file.event;
