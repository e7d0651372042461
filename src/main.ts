import { enableCompileCache } from 'node:module';
import path from 'node:path';

// stdout carries results and JSON-RPC; whatever a library prints goes to stderr.
console.log = console.info = console.debug = console.error;

const root = path.dirname(import.meta.dirname);
// Halves the time to start, so it comes before every other import; the launcher has done it already. A folder of this
// installation, not one that others share.
enableCompileCache(path.join(root, 'node_modules', '.cache', 'claw'));

const { start } = await import('./server/start.ts');
process.exitCode = await start({
  argv: process.argv.slice(2),
  env: process.env,
  root,
  tools: async () => (await import('./tools/facts.ts')).toolFacts,
  createApp: async (options) => (await import('./app.ts')).createApp(options),
  vaultSettings: async (options) => (await import('./app.ts')).vaultSettings(options),
});
