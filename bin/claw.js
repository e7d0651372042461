#!/usr/bin/env node
// Plain JavaScript, and only node: imports: it must start under any Node, to find one that can run claw.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const source = path.join(root, 'src', 'main.ts');
const main = existsSync(source) ? source : path.join(root, 'dist', 'main.js');
// 22.18 is the first that runs TypeScript as it is, and better-sqlite3 needs 22.
const isUsable = (version) => {
  const [major, minor] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 18);
};

if (isUsable(process.versions.node)) {
  // Before TypeScript is asked for: what is in the cache needs no translator, which takes 20 ms and 9 MB to load.
  module.enableCompileCache(path.join(root, 'node_modules', '.cache', 'claw'));
  process.argv[1] = main;
  await import(pathToFileURL(main).href);
} else {
  const chosen = process.env.CLAW_NODE;
  const version = chosen ? spawnSync(chosen, ['--version'], { encoding: 'utf8' }).stdout?.trim() : undefined;
  const node = chosen || bundledNode();
  if (chosen && !isUsable(version?.slice(1) ?? '')) {
    console.error(`CLAW_NODE is ${chosen}${version ? `, which is ${version}` : ', which does not start'}: claw needs Node 22.18 or newer.`);
    process.exitCode = 2;
  } else if (node) runWith(node);
  else {
    console.error(
      `claw needs Node 22.18 or newer, this is ${process.version}. Install it, or run "npm ci" in ${root} without --omit=optional.`,
    );
    process.exitCode = 2;
  }
}

function bundledNode() {
  try {
    const manifest = module.createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/package.json`);
    const node = path.join(path.dirname(manifest), 'bin', 'node');
    return existsSync(node) ? node : undefined;
  } catch {
    return undefined;
  }
}

function runWith(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C on a terminal reaches the child by itself as well; it takes two at once for one (src/server/signals.ts).
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`claw cannot start ${node}: ${error.message}`);
    process.exitCode = 2;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) return process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
