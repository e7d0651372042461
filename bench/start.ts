import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { launcher, olderNode, startServe } from '../test/support/processes.ts';
import { median } from './figures.ts';

const rounds = 15;

/** Time to the first tools/list over stdio beside a bare SDK server, in turn, also where an older Node starts the launcher; then `claw serve`: ready and idle. */
export default async function bench(): Promise<void> {
  const home = mkdtempSync(path.join(tmpdir(), 'claw-bench-'));
  try {
    const bare: number[] = [];
    const ours: number[] = [];
    const relayed: number[] = [];
    const server = path.join(import.meta.dirname, 'start', 'bare-server.ts');
    for (let round = 0; round < rounds; round += 1) {
      bare.push(await firstList([process.execPath, server], home));
      ours.push(await firstList([process.execPath, launcher, 'mcp'], home));
      if (olderNode) relayed.push(await firstList([olderNode, launcher, 'mcp'], home));
    }
    const [bareMs, oursMs] = [median(bare), median(ours)];
    console.log(
      `first tools/list: bare SDK server ${bareMs.toFixed(0)} ms, claw mcp ${oursMs.toFixed(0)} ms: ratio ${(oursMs / bareMs).toFixed(2)} (limit 1.6)`,
    );
    if (olderNode) console.log(`started by an older Node, which has to start another first: ${median(relayed).toFixed(0)} ms`);
    await serve();
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function firstList([program = '', ...args]: string[], home: string): Promise<number> {
  const started = performance.now();
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, HOME: home, CLAW_HOME: path.join(home, 'data') },
  });
  const send = (message: object): boolean => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  send({
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
  });
  let out = '';
  return new Promise((resolve) => {
    let isInitialized = false;
    child.stdout.on('data', (text: Buffer) => {
      out += text.toString();
      if (!isInitialized && out.includes('"id":1')) {
        isInitialized = true;
        send({ method: 'notifications/initialized' });
        send({ id: 2, method: 'tools/list' });
      }
      if (/"id":2\b/.test(out)) {
        resolve(performance.now() - started);
        child.stdin.end();
      }
    });
  });
}

async function serve(): Promise<void> {
  const ready: number[] = [];
  const resident: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const started = performance.now();
    await using server = await startServe();
    ready.push(performance.now() - started);
    await wait(3_000);
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))?.[1];
    resident.push(Number(kilobytes) / 1_024);
  }
  console.log(
    `claw serve: ready in ${median(ready).toFixed(0)} ms (${(median(ready) / 500).toFixed(2)} of the limit of 500 ms), idle ${median(resident).toFixed(0)} MB (${(median(resident) / 120).toFixed(2)} of the limit of 120 MB)`,
  );
}

if (import.meta.main) await bench();
