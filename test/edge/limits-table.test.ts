import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../support/processes.ts';
import { usualLimits } from '../../src/server/http/limits.ts';

test('the table of limits says what the limits are', () => {
  const text = readFileSync(path.join(root, 'docs', 'edge.md'), 'utf8');
  const { headMs, requestMs, keepAliveMs, headBytes, connections, requests, streams, wrongTokens } = usualLimits;
  const rows = [
    `| head of a request | ${headBytes / 1_024} KiB |`,
    `| time for the head; for the whole request | ${headMs / 1_000} s; ${requestMs / 1_000} s |`,
    `| idle connection | ${keepAliveMs / 1_000} s |`,
    `| connections | ${connections} |`,
    `| requests under way | ${requests} |`,
    `| streams held open with GET | ${streams} |`,
    `| wrong tokens of one address in a minute | ${wrongTokens} |`,
  ];
  for (const row of rows) expect(text).toContain(row);
});
