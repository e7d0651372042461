/** The commands that are no tools: how each is typed, and an example or two. */
const texts: Record<string, string> = {
  do: `Carry a request out: plan, calls, evidence. What is not clear is asked.

  claw do TEXT [--plan] [--json] [--no-daemon]

  --plan    show what would be done and changed, and do nothing

  claw do "check the disk of this machine and remember the result"
  claw do "delete notes.txt" --plan

Without a terminal nothing waits: the run stays, and says how to answer it (exit code 3).`,
  call: `Call a tool with its input as JSON, or - to read it from stdin.

  claw call TOOL [JSON|-] [--json]

  claw call memory_recall '{"query":"nas"}' --json
  echo '{"path":"notes.txt"}' | claw call file_read -`,
  tools: `List the tools, or those that fit all the words.

  claw tools [WORD…] [--json]

  claw tools file
  claw file write --help        how one of them is used`,
  undo: `Take back what a run or a single call changed, newest first, each step checked. last is the latest change.

  claw undo RUN|CALL|last

  claw undo last
  claw run undo run_…  is the same`,
  stop: `End every run and call on this data folder; nothing starts until it is released, also after a restart.

  claw stop --all [--reason TEXT]
  claw stop --release`,
  serve: `The daemon: HTTP, the private socket, timers, recovery. It ends with Ctrl-C or SIGTERM.

  claw serve [--port N] [--host H] [--json]

  claw serve --port 8201        prints the address, and where data and token are
  claw serve --conformance      the fixtures of the public MCP suites only, on loopback`,
  mcp: `MCP over stdio; a pipe to the daemon where one is alive.

  claw mcp [--toolsets a,b] [--read-only] [--no-daemon]

  --toolsets    nouns, tool names, core (the default) or all
  --read-only   only calls that read, also through tool_call

  claude mcp add claw -- claw mcp --toolsets core,audit`,
  token: `The two tokens of the HTTP server, each in a file of the data folder. Their values are shown nowhere else.

  token         for MCP clients, and scripts that are no more trusted: a client on every path
  owner-token   yours: answers approvals, rotates and releases over /api; /mcp refuses it

  claw token rotate [--which client|owner|both]

The old ones are refused from the next request on. docs/edge.md has the rest.`,
  config: `Every setting, its value and where it comes from: environment, vault, .env or default. Secrets are masked.

  claw config [--json]`,
  doctor: `What works on this machine, what is missing, what it is for and how to get it. Exit code 1 for a fault.

  claw doctor [--json]`,
};

/** The help of a command that is no tool, where its words ask for it. */
export function commandHelp([command = '', ...rest]: string[]): string | undefined {
  const end = rest.includes('--') ? rest.indexOf('--') : rest.length;
  const isAsked = rest.slice(0, end).some((word) => word === '--help' || word === '-h');
  // The help of a noun; its verbs are tools.
  const isVerb = command === 'token' && rest[0]?.startsWith('-') === false;
  return isAsked && !isVerb && Object.hasOwn(texts, command) ? texts[command] : undefined;
}
