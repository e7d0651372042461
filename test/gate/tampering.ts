import { readFileSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { auditLine, firstPrev, hashOf, type AuditRow } from '../../src/gate/audit/audit.ts';

/** An audit as its files hold it, for someone who may write them and knows how they are made, but has not the signatures that were exported. */
export interface Spoils {
  database: string;
  /** audit.log */
  file: string;
  random: (below: number) => number;
  /** Rows there are. */
  rows: number;
  /** The last row under an exported signature. */
  signed: number;
}

export interface Tampering {
  name: string;
  /** Where it must be found: the row, or the range it must lie in. */
  firstBad: [number, number];
}

const columns = ['at', 'event', 'callId', 'caller', 'tool', 'runId', 'detail', 'prev', 'hash'] as const;

function withRows(database: string, change: (raw: Database.Database) => void): void {
  const raw = new Database(database);
  try {
    raw.transaction(change)(raw);
  } finally {
    raw.close();
  }
}

const rowsOf = (raw: Database.Database): AuditRow[] => raw.prepare('SELECT * FROM audit ORDER BY seq').all() as AuditRow[];

const insert = 'INSERT INTO audit VALUES (@seq, @at, @event, @callId, @caller, @tool, @runId, @stepId, @detail, @prev, @hash)';

/** Puts other rows in the place of all, with or without a new chain over them. */
function replaceRows(raw: Database.Database, rows: AuditRow[], { rechain }: { rechain: boolean }): AuditRow[] {
  raw.prepare('DELETE FROM audit').run();
  let prev = firstPrev;
  const written = rows.map((row, index) => {
    const next = rechain ? { ...row, seq: index + 1, prev } : row;
    const whole = rechain ? { ...next, hash: hashOf(next) } : next;
    prev = whole.hash;
    return whole;
  });
  for (const row of written) raw.prepare(insert).run(row);
  return written;
}

const changed = (text: string | null, at: number): string => {
  const base = text === null || text === '' ? 'x' : text;
  const place = at % base.length;
  return base.slice(0, place) + (base[place] === '7' ? '8' : '7') + base.slice(place + 1);
};

/** The chain made anew over a changed row, audit.log with it, and what claw.db knew of checkpoints taken away. */
function remake({ database, file }: Spoils, change: (rows: AuditRow[]) => AuditRow[], { withLog = true } = {}): void {
  withRows(database, (raw) => {
    const rows = replaceRows(raw, change(rowsOf(raw)), { rechain: true });
    raw.prepare('DELETE FROM audit_checkpoints').run();
    if (!withLog) return;
    const text = rows.map(auditLine).join('');
    writeFileSync(file, text);
    raw.prepare('UPDATE audit_mirror SET seq = ?, bytes = ?').run(rows.length, Buffer.byteLength(text));
  });
}

/** Each changes the files and says where that must be found. `pins` are the rows under exported signatures. */
export function tamperings(pins: number[]): ((spoils: Spoils) => Tampering)[] {
  const nextPin = (seq: number): number => pins.find((pin) => pin >= seq)!;
  return [
    ({ database, random, rows }) => {
      const [seq, column] = [1 + random(rows), columns[random(columns.length)]!];
      withRows(database, (raw) => {
        const row = raw.prepare('SELECT * FROM audit WHERE seq = ?').get(seq) as AuditRow;
        raw.prepare(`UPDATE audit SET ${column} = ? WHERE seq = ?`).run(changed(row[column], random(200)), seq);
      });
      return { name: `edit ${column} of row ${seq}`, firstBad: [seq, seq] };
    },
    ({ file, random, rows }) => {
      const seq = 1 + random(rows);
      const lines = readFileSync(file, 'utf8').split('\n');
      lines[seq - 1] = changed(lines[seq - 1]!, random(400));
      writeFileSync(file, lines.join('\n'));
      return { name: `edit line ${seq} of audit.log`, firstBad: [seq, seq] };
    },
    ({ database, random, rows }) => {
      const seq = 1 + random(rows - 1);
      withRows(database, (raw) => void raw.prepare('DELETE FROM audit WHERE seq = ?').run(seq));
      return { name: `delete row ${seq}`, firstBad: [seq, seq] };
    },
    ({ database, random, rows }) => {
      const seq = 1 + random(rows);
      withRows(database, (raw) => {
        const all = rowsOf(raw);
        const forged = { ...all[random(rows)]!, tool: 'forged_do' };
        replaceRows(
          raw,
          [...all.slice(0, seq - 1), forged, ...all.slice(seq - 1)].map((row, index) => ({ ...row, seq: index + 1 })),
          { rechain: false },
        );
      });
      return { name: `insert at row ${seq}`, firstBad: [seq, seq] };
    },
    ({ database, random }) => {
      const seq = -random(3);
      withRows(database, (raw) => void raw.prepare(insert).run({ ...rowsOf(raw)[0]!, seq }));
      return { name: `insert before the first row, as ${seq}`, firstBad: [seq, seq] };
    },
    ({ database, random, rows }) => {
      const one = 1 + random(rows - 1);
      const other = one + 1 + random(rows - one);
      withRows(database, (raw) => {
        const all = rowsOf(raw);
        [all[one - 1], all[other - 1]] = [
          { ...all[other - 1]!, seq: one },
          { ...all[one - 1]!, seq: other },
        ];
        replaceRows(raw, all, { rechain: false });
      });
      return { name: `swap rows ${one} and ${other}`, firstBad: [one, one] };
    },
    (spoils) => {
      const seq = 1 + spoils.random(spoils.signed);
      remake(spoils, (all) => all.map((row) => (row.seq === seq ? { ...row, tool: 'other_do' } : row)));
      return { name: `edit row ${seq}, chain and log made anew`, firstBad: [nextPin(seq), nextPin(seq)] };
    },
    (spoils) => {
      const seq = 1 + spoils.random(spoils.rows);
      remake(spoils, (all) => all.map((row) => (row.seq === seq ? { ...row, tool: 'other_do' } : row)), { withLog: false });
      return { name: `edit row ${seq}, chain made anew, log left`, firstBad: [seq, seq] };
    },
    (spoils) => {
      const seq = 1 + spoils.random(spoils.signed);
      remake(spoils, (all) => all.filter((row) => row.seq !== seq));
      return { name: `delete row ${seq}, chain and log made anew`, firstBad: [nextPin(seq), nextPin(seq)] };
    },
    (spoils) => {
      const seq = 1 + spoils.random(spoils.signed);
      remake(spoils, (all) => [...all.slice(0, seq - 1), { ...all[0]!, tool: 'forged_do' }, ...all.slice(seq - 1)]);
      return { name: `insert at row ${seq}, chain and log made anew`, firstBad: [nextPin(seq), nextPin(seq)] };
    },
    (spoils) => {
      const last = spoils.random(spoils.signed);
      remake(spoils, (all) => all.slice(0, last));
      return { name: `cut after row ${last}, log too`, firstBad: [last + 1, last + 1] };
    },
    ({ database, random, rows }) => {
      const last = random(rows);
      withRows(database, (raw) => void raw.prepare('DELETE FROM audit WHERE seq > ?').run(last));
      return { name: `cut claw.db after row ${last}, log left`, firstBad: [last + 1, last + 1] };
    },
  ];
}
