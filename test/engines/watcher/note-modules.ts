import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** Preloaded: writes the address of every module that the process loads to the file named in NOTE_MODULES. */
registerHooks({
  load: (url, context, nextLoad) => {
    appendFileSync(process.env.NOTE_MODULES!, `${url}\n`);
    return nextLoad(url, context);
  },
});
