import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { notesServer } from './notes.ts';

/** `node notes-stdio.ts FOLDER`: the notes over standard streams, in both eras. */
const folder = process.argv[2]!;
appendFileSync(path.join(folder, 'events'), `started ${process.pid}\n`);
serveStdio(() => notesServer(folder));
