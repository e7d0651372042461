import { registerHooks } from 'node:module';

/** To be started with `--import`: as the process ends it says on stderr which modules it has loaded, as one line of JSON. */
const loaded: string[] = [];
registerHooks({
  load: (url, context, next) => {
    loaded.push(url);
    return next(url, context);
  },
});
process.on('exit', () => void process.stderr.write(`${JSON.stringify({ loaded })}\n`));
