import { silentLog } from '../../src/core/log.ts';
import { openLink } from '../../src/engines/sources/link.ts';

/** `node conformance-client.ts URL`: what claw does with any server, for the conformance suite: lists its tools and calls each once. */
const link = await openLink(
  { kind: 'http', url: new URL(process.argv.at(-1)!), headers: {} },
  { onToolsChanged: () => {}, onClose: () => {}, startMs: 10_000, log: silentLog },
);
for (const tool of await link.tools()) {
  const fields = Object.entries((tool.inputSchema.properties ?? {}) as Record<string, { type?: string }>);
  const args = Object.fromEntries(fields.map(([name, { type }]) => [name, type === 'string' ? 'text' : 5]));
  await link.call(tool, args, { signal: AbortSignal.timeout(10_000), onProgress: () => {} }).catch(() => {});
}
await link.close();
