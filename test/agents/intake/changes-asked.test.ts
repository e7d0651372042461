import { beforeEach, expect, test } from 'vitest';
import { unmet, type AskedChange } from '../../../src/agents/intake/changes-asked.ts';
import { createPlanner } from '../../../src/agents/intake/planner.ts';
import { owner, startApp } from '../../support/app.ts';
import { sharedRouters } from '../../support/routers.ts';

const routers = sharedRouters();
let asked: (request: string) => Promise<AskedChange[]>;
beforeEach(async () => {
  const { gate } = await startApp();
  asked = (request) => createPlanner({ gate, routers }).changesAsked(owner, request);
});

test('what is asked for is a change, unless looking or thinking meets it', async () => {
  const changes = [
    'tidy up the downloads folder',
    'every Monday at nine, send me the weekly report',
    'create a job that checks the disk every morning at 8',
    'send Bob a message that the build is done',
    'please make sure a note about the router exists in router.txt',
    'can you get rid of the old logs',
    'just delete old.txt',
    'restart nginx',
    'tell Bob that the build is done',
    'answer the mail from Alice',
  ];
  for (const request of changes) expect(await asked(request), request).toHaveLength(1);
  const looks = [
    'summarise what notes.txt says. Be brief, I have little time',
    'find out why the backup was slow',
    'is the disk full?',
    'compare a.txt and b.txt and tell me what differs',
    'could you explain what is in notes.txt',
    'check the disk',
  ];
  for (const request of looks) expect(await asked(request), request).toEqual([]);
});

test('each wish needs a proved call of its own, of a tool that could meet it', () => {
  const wishes = [
    { text: 'create the job', tools: ['cron_add', 'watcher_add'] },
    { text: 'note it', tools: ['memory_remember'] },
  ];
  const call = (tool: string, isProved = true): { tool: string; changes: boolean; isProved: boolean } => ({
    tool,
    changes: true,
    isProved,
  });
  const left = (...calls: Parameters<typeof unmet>[1]): string[] => unmet(wishes, calls).map(({ text }) => text);
  expect(left(call('cron_add'), call('memory_remember'))).toEqual([]);
  expect(left(call('watcher_add'), call('memory_remember'))).toEqual([]);
  expect(left(call('memory_remember'), call('memory_remember'))).toEqual(['create the job']);
  expect(left(call('cron_add', false), call('file_write'))).toEqual(['create the job', 'note it']);
});
