import { renameSync, symlinkSync, unlinkSync } from 'node:fs';

/** Puts a link to another folder in the place of a folder, and takes it away again, as quickly as it can. */
const [folder = '', target = ''] = process.argv.slice(2);
process.stdout.write('ready\n');
for (let count = 0; ; count += 1) {
  const aside = `${folder}.${count}`;
  attempt(() => renameSync(folder, aside));
  attempt(() => symlinkSync(target, folder));
  attempt(() => unlinkSync(folder));
  // Whoever writes may have made the folder anew meanwhile.
  attempt(() => renameSync(aside, folder));
}

function attempt(step: () => void): void {
  try {
    step();
  } catch {
    // The next round goes on from what is there.
  }
}
