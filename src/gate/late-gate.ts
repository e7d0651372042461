import type { Gate } from './gate-types.ts';

/** The gate before its tools are there: the first call, of whichever kind, opens what it stands before. */
export const lateGate = (open: () => Promise<Gate>): Gate => ({
  call: async (...asked) => (await open()).call(...asked),
  verify: async (...asked) => (await open()).verify(...asked),
  preview: async (...asked) => (await open()).preview(...asked),
});
