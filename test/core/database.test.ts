import { closeSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase, type Db, type Schema } from '../../src/core/database.ts';
import { temporaryFolder } from '../support/folder.ts';

const notes: Schema = { part: 'notes', migrations: ['CREATE TABLE notes (text TEXT) STRICT'] };

function open(file: string, schemas: Schema[] = [notes]): Db {
  const db = openDatabase(file, schemas);
  onTestFinished(() => db.close());
  return db;
}

const add = (db: Db, text: string): unknown => db.prepare('INSERT INTO notes VALUES (?)').run(text);
const count = (db: Db): unknown => (db.prepare('SELECT count(*) AS n FROM notes').get() as { n: number }).n;

test('each part migrates on its own, and data stays', () => {
  const file = path.join(temporaryFolder(), 'a.db');
  add(open(file), 'one');
  const grown = { part: 'notes', migrations: [...notes.migrations, 'ALTER TABLE notes ADD COLUMN tag TEXT'] };
  const db = open(file, [grown, { part: 'tags', migrations: ['CREATE TABLE tags (name TEXT) STRICT'] }]);
  expect(count(db)).toBe(1);
  expect(db.prepare('SELECT tag FROM notes').all()).toEqual([{ tag: null }]);
});

test('a file of a newer version is refused, and left alone', () => {
  const file = path.join(temporaryFolder(), 'a.db');
  open(file, [{ part: 'notes', migrations: [...notes.migrations, 'SELECT 1'] }]);
  expect(() => open(file)).toThrow(expect.objectContaining({ code: 'bad_config', message: expect.stringContaining('newer') }));
});

test('a migration that fails leaves nothing behind', () => {
  const file = path.join(temporaryFolder(), 'a.db');
  expect(() => open(file, [{ part: 'notes', migrations: [...notes.migrations, 'CREATE TABLE broken ('] }])).toThrow();
  expect(count(open(file))).toBe(0);
});

test('a damaged file is named, with the way out', () => {
  const file = path.join(temporaryFolder(), 'a.db');
  writeFileSync(file, 'this is no database at all, but text that is long enough to look at');
  expect(() => open(file)).toThrow(expect.objectContaining({ code: 'bad_config', hint: expect.stringContaining('.recover') }));
});

test('damage inside the file is found at start', () => {
  const file = path.join(temporaryFolder(), 'a.db');
  const db = openDatabase(file, [notes]);
  for (let i = 0; i < 2_000; i += 1) add(db, `note ${i} `.repeat(10));
  db.close();
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(4_096, 0xee), 0, 4_096, 3 * 4_096);
  closeSync(descriptor);
  expect(() => open(file)).toThrow(expect.objectContaining({ code: 'bad_config' }));
});

test('an inner transaction joins the outer one', () => {
  const db = open(path.join(temporaryFolder(), 'a.db'));
  expect(() =>
    db.transaction(() => {
      db.transaction(() => add(db, 'inner'));
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(count(db)).toBe(0);
});

test('callers that wait for the disk together all return', async () => {
  const db = open(path.join(temporaryFolder(), 'a.db'));
  const waits = Array.from({ length: 20 }, (_, i) => {
    add(db, String(i));
    return db.flushed();
  });
  await expect(Promise.all(waits)).resolves.toHaveLength(20);
});

test('a new file is closed to others from its first moment: a start that is cut off leaves nothing that the next refuses', () => {
  const file = path.join(temporaryFolder(), 'a.db');
  expect(() => open(file, [{ part: 'notes', migrations: ['CREATE TABLE broken ('] }])).toThrow();
  expect(statSync(file).mode & 0o777).toBe(0o600);
});
