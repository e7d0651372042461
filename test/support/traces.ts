import { appendFileSync } from 'node:fs';

/**
 * Appends a line of its own. A write is cut off by SIGKILL where it crosses a page of the file: half a line is left, and the next
 * process would write on in it. So a line begins with a line break too; readers pass over what is empty.
 */
export const leaveTrace = (file: string, line: string): void => appendFileSync(file, `\n${line}\n`);
