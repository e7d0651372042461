import type { App } from '../../app.ts';
import { ToolError } from '../../core/errors.ts';
import type { Terminal } from './terminal.ts';

/**
 * `claw vault reveal NAME`: shows a secret to the owner, who sits at a terminal with both ends of it. It opens the data
 * in this process and goes through no daemon: the socket, HTTP and MCP have no way to ask for a value.
 */
export async function revealSecret([name, ...more]: string[], { terminal, openApp }: { terminal: Terminal; openApp: () => Promise<App> }) {
  if (name === undefined || more.length > 0)
    throw new ToolError('invalid_input', 'One secret is revealed at a time.', { hint: 'As in claw vault reveal github-token' });
  if (process.stdin.isTTY !== true || process.stdout.isTTY !== true || terminal.json)
    throw new ToolError('denied', 'A secret is shown to a person at a terminal only.', {
      hint: 'Give the command yourself, without pipes. Programs use {"$secret": name}.',
    });
  await using app = await openApp();
  process.stdout.write(`${await app.reveal(name)}\n`);
  return 0;
}
