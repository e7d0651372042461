import { expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';

const body = { tool: 'memory_remember', input: { text: 'x' } };
const steps = (...given: unknown[]): Record<string, unknown> => ({ schedule: '@daily', steps: given });
const step = (more: Record<string, unknown> = {}): Record<string, unknown> => ({ ...body, ...more });

/** One to a line, or several between bars. */
const listed = (text: string): string[] =>
  text
    .trim()
    .split(/ *[\n|] */)
    .filter(Boolean);

const phrases = listed(`
  now | sometimes | every | every day | weekdays | daily | every 0s | every -5m | every 5 | every m | every 1e9h | every 500ms
  every 99999999999m | every 5m; rm -rf / | daily at | daily at 25:00 | daily at 9:60 | daily at 13pm | daily at 0am | daily at noonish
  blursday at 9 | every blursday at 9 | mondays at nine | daily at 9 and 10:30 | monthly on the 32nd at 9 | monthly on the 0th at 9
  99 * * * * | * 24 * * * | * * 32 * * | * * * 13 * | * * * * 8 | */0 * * * * | */61 * * * * | 5-1 * * * * | 1,,2 * * * * | -1 * * * *
  * * * * | * * * * * * * | a b c d e | * * * foo * | * * * * foo | 1.5 * * * * | $(id) * * * * | 0 0 30 2 * | 0 9 31 2 *
  @never | @reboot | @ | @@daily | 2026-13-01T00:00:00Z | 2026-02-30T00:00:00Z | 2026-01-01T25:00:00Z | 2026-01-01 | 1999-01-01T00:00:00Z
  2026-01-01T00:00:00+99:99 | tomorrow | tomorrow at 99 | in | in a while | yesterday at 9
`);
const schedules = [...phrases, '', ' ', 'x'.repeat(201), '\u0000', '* * * * *\n* * * * *'].map(
  (schedule) => [{ schedule, ...body }, 'schedule'] as const,
);

const timezones = ['', 'Mars/Base', 'Europe', 'Europe/Atlantis', 'UTC+25', '../../etc/passwd', 'Europe/Berlin ', 'x'.repeat(61)].map(
  (timezone) => [{ schedule: '@daily', timezone, ...body }, 'timezone'] as const,
);

const bodies = [
  [{ schedule: '@daily' }, 'tool'],
  [{ schedule: '@daily', tool: '' }, 'tool'],
  [{ schedule: '@daily', tool: 5 }, 'tool'],
  [{ schedule: '@daily', tool: 'no_such_tool' }, 'steps.0.tool'],
  [{ schedule: '@daily', ...body, shell: ['df'] }, 'shell'],
  [{ schedule: '@daily', shell: [] }, 'shell'],
  [{ schedule: '@daily', shell: 'df' }, 'shell'],
  [{ schedule: '@daily', webhook: 'not a url' }, 'webhook'],
  [{ schedule: '@daily', claude: '' }, 'claude'],
  [{ schedule: '@daily', steps: 'memory_remember' }, 'steps'],
  [{ schedule: '@daily', steps: [] }, 'steps'],
  [{ schedule: '@daily', steps: Array.from({ length: 51 }, () => step()) }, 'steps'],
  [{ schedule: '@daily', tool: 'memory_remember', input: 'x' }, 'input'],
  [{ schedule: '@daily', tool: 'memory_remember' }, 'steps.0.input.text'],
  [{ schedule: '@daily', tool: 'file_read', input: { path: 5 } }, 'steps.0.input.path'],
  [steps({ input: {} }), 'steps'],
  [steps(step({ tool: 'nothing_here' })), 'steps.0.tool'],
  [steps(step({ id: 'a' }), step({ id: 'a' })), 'steps.1.id'],
  [steps(step({ input: { text: { $from: 'nowhere' } } })), 'steps.0'],
  [steps(step({ input: { text: { $from: 'b' } } }), step({ id: 'b' })), 'steps.0'],
  [steps(step({ id: 'self', input: { text: { $from: 'self' } } })), 'steps.0'],
  [steps(step(), { tool: 'shell_run', input: { command: 'df' } }), 'steps.1.input.command'],
] as const;

const settings = (
  [
    ['name', ''],
    ['misfire', 'maybe'],
    ['overlap', 'twice'],
    ['lateBySeconds', 0],
    ['lateBySeconds', 'soon'],
    ['retries', -1],
    ['retries', 11],
    ['retries', 1.5],
    ['retrySeconds', 0],
    ['pauseAfter', -1],
    ['deadlineSeconds', 0],
    ['deadlineSeconds', 1e9],
    ['tools', []],
    ['tools', 'file_read'],
    ['tools', ['no_such_tool']],
    ['tokens', 0],
    ['output', 'a.txt'],
    ['output', { file: '' }],
    ['output', { when: 'never' }],
  ] as const
).map(([field, value]) => [{ schedule: '@daily', ...body, [field]: value }, field] as const);

const all = [...schedules, ...timezones, ...bodies, ...settings];

test(`${all.length} malformed jobs are refused, each naming its field, and nothing is stored`, async () => {
  const app = await startApp();
  for (const [job, field] of all) {
    const shown = JSON.stringify(job).slice(0, 120);
    const error: unknown = await app.call('cron_add', job).then(
      () => `taken: ${shown}`,
      (refusal: unknown) => refusal,
    );
    expect(error, shown).toMatchObject({ code: 'invalid_input', message: expect.stringContaining(field) as string });
    expect((error as { hint: string }).hint, shown).not.toBe('');
  }
  expect(await app.output('cron_list')).toEqual({ items: [] });
});

test('a change that makes no job of it is refused, and the job stays as it was', async () => {
  const app = await startApp();
  const { id, note: _, ...job } = await app.output<{ id: string; note: string }>('cron_add', { schedule: '@daily', ...body });
  for (const [change, field] of all) {
    const { schedule, ...rest } = change as Record<string, unknown>;
    const named = Object.keys(rest).length > 2 || schedule !== '@daily' ? { schedule, ...rest } : rest;
    if (field === 'tool' && Object.keys(rest).length === 0) continue;
    await expect(app.call('cron_update', { id, ...named }), JSON.stringify(change).slice(0, 120)).rejects.toMatchObject({
      code: 'invalid_input',
    });
  }
  expect(await app.output('cron_show', { id })).toEqual({ id, ...job });
});
