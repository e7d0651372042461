import { spawn } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { finished, root } from '../../support/processes.ts';

const suite = path.join(root, 'node_modules', 'conformance-2026', 'dist', 'index.js');
const client = `${process.execPath} ${path.join(root, 'test', 'support', 'conformance-client.ts')}`;

test.each([
  ['initialize', '2025-11-25'],
  ['tools_call', '2025-11-25'],
  ['sse-retry', '2025-11-25'],
  ['tools_call', '2026-07-28'],
  ['request-metadata', '2026-07-28'],
  ['http-standard-headers', '2026-07-28'],
  ['http-invalid-tool-headers', '2026-07-28'],
  ['json-schema-ref-no-deref', '2026-07-28'],
])('as a client claw passes %s of %s', { timeout: 60_000 }, async (scenario, version) => {
  const words = [suite, 'client', '--command', client, '--scenario', scenario, '--spec-version', version];
  const { stdout, stderr } = await finished(spawn(process.execPath, words, { cwd: root }), '');
  expect(stdout + stderr).toMatch(/^Passed: [1-9]\d*\/\d+, 0 failed/m);
});
