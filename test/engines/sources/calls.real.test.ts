import { expect, test } from 'vitest';
import { program, startSources } from '../../support/sources.ts';

test('tools of a server in mcp.json are called through the gate once the owner has approved them', async () => {
  const app = await startSources((folder) => ({ notes: program('notes-stdio', folder) }));
  await app.approve('notes');
  await app.call('mcp_notes_add_note', { text: 'buy milk' });
  const { output, untrusted } = await app.call('mcp_notes_list_notes', {});
  expect({ output, untrusted }).toEqual({ output: { text: '', data: { notes: ['buy milk'] } }, untrusted: true });
});
