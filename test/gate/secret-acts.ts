import { writeFileSync } from 'node:fs';
import path from 'node:path';

/** What an act has at hand: the secret, one of its spellings, where files and servers are. */
export interface Material {
  secret: string;
  /** Somehow encoded. */
  text: string;
  /** Where the tools may work. */
  files: string;
  /** A server that repeats what it is sent. */
  echo: string;
  /** Numbers the acts. */
  turn: number;
}

export interface ActCall {
  tool: string;
  input: Record<string, unknown>;
}

const given = ({ files, text }: Material): string => {
  const file = path.join(files, 'given.txt');
  writeFileSync(file, text);
  return file;
};

const act =
  (tool: string, input: (material: Material) => Record<string, unknown>) =>
  (material: Material): ActCall => ({
    tool,
    input: input(material),
  });

/** What a client does with a secret in hand, as one call that any surface can make. */
export const quickActs: Record<string, (material: Material) => ActCall> = {
  'reads a file': act('file_read', (on) => ({ path: given(on) })),
  'searches files for it': act('file_search', (on) => ({ path: path.dirname(given(on)), text: on.secret.slice(0, 200) })),
  'writes it to a file': act('file_write', ({ files, text }) => ({ path: path.join(files, 'new.txt'), text, mode: 'overwrite' })),
  'names a file so': act('file_read', ({ secret }) => ({ path: secret.slice(0, 200) })),
  'deletes a file of that name': act('file_delete', ({ files, secret }) => ({ path: path.join(files, `name ${secret}`.slice(0, 200)) })),
  'remembers it': act('memory_remember', ({ text }) => ({ text, key: text.slice(0, 180), tags: [text.slice(0, 50)] })),
  'recalls it': act('memory_recall', ({ secret }) => ({ query: secret.slice(0, 500) })),
  'lists memories': act('memory_list', () => ({ limit: 5 })),
  'calls a tool of that name': act('tool_call', ({ secret }) => ({ tool: secret.slice(0, 60), input: { secret } })),
  'passes it on in a call': act('tool_call', ({ secret }) => ({ tool: 'memory_recall', input: { query: secret.slice(0, 500) } })),
  'misspells a field so': act('file_read', ({ secret }) => ({ path: 'a', [secret]: 1 })),
  'passes it where a number belongs': act('file_read', ({ secret }) => ({ path: 'a', lines: secret })),
  'searches tools for it': act('tool_search', ({ secret }) => ({ query: secret.slice(0, 900) })),
  'searches the audit for it': act('audit_search', ({ secret }) => ({ text: secret.slice(0, 500) })),
  'reads the audit': act('audit_tail', () => ({ limit: 10 })),
  'lists the runs': act('run_list', () => ({ limit: 5 })),
  'lists approvals': act('approval_list', () => ({ limit: 5 })),
  'lists the vault': act('vault_list', () => ({ limit: 200 })),
  'asks for its approval': act('file_delete', ({ files, text, turn }) => ({ path: path.join(files, `${turn} ${text}`.slice(0, 150)) })),
  'asks the policy': act('policy_test', ({ secret }) => ({ call: `shell_run ${JSON.stringify({ command: ['echo', secret] })}` })),
  'asks the policy, badly': act('policy_test', ({ secret }) => ({ call: `shell_run {"command":["echo","${secret}` })),
  'asks for a host of that name': act('http_request', ({ secret }) => ({
    url: `http://${encodeURIComponent(secret.toWellFormed())}.invalid/`,
  })),
  'plans a request with it': act('intake_plan', ({ secret }) => ({ request: `remember that the password is "${secret}"` })),
  'schedules it': act('cron_add', ({ secret }) => ({ schedule: '@daily', shell: ['echo', secret.slice(0, 1_000)] })),
  'names a job so': act('cron_add', ({ secret }) => ({ schedule: '@daily', name: secret.slice(0, 90), shell: ['true'] })),
  'schedules at that time': act('cron_preview', ({ secret }) => ({ schedule: secret.slice(0, 190) })),
  'watches a folder of that name': act('watcher_add', ({ files, secret }) => ({
    path: path.join(files, secret.slice(0, 100)),
    shell: ['true'],
  })),
  'sets it again, with a slip': act('vault_set', ({ secret }) => ({ name: 'again', valeu: secret })),
  'rotates to it, in a call, with a slip': act('tool_call', ({ secret }) => ({
    tool: 'vault_rotate',
    input: { name: secret.slice(0, 60), value: secret, x: secret },
  })),
  'looks for a run of that id': act('run_show', ({ secret }) => ({ id: secret.slice(0, 60) })),
  'undoes something of that name': act('run_undo', ({ secret }) => ({ id: secret.slice(0, 60) })),
};

/** The same for what starts programs and servers, and costs more. */
export const slowActs: Record<string, (material: Material) => ActCall> = {
  'prints it': act('shell_run', (on) => ({ command: ['cat', given(on)] })),
  'prints a lot of it': act('shell_run', ({ text }) => ({
    command: ['cat', '-'],
    stdin: `${'line of output\n'.repeat(700)}${text}\n`.repeat(3),
  })),
  'prints it in pieces': act('shell_run', (on) => ({
    script: `for i in 1 2 3; do head -c 3 '${given(on)}'; sleep 0.05; tail -c +4 '${path.join(on.files, 'given.txt')}'; done`,
  })),
  'runs a program of that name': act('shell_run', ({ secret }) => ({ command: [`./${secret.slice(0, 200)}`] })),
  'sends it to a server that repeats it': act('http_request', ({ echo, secret, text }) => ({
    url: `${echo}/${encodeURIComponent(secret.toWellFormed()).slice(0, 1_000)}`,
    method: 'POST',
    headers: { 'x-key': encodeURIComponent(text.toWellFormed()).slice(0, 2_000) },
    body: text,
  })),
  'carries out a request with it': act('intake_run', ({ secret }) => ({ request: `remember that the password is "${secret}"` })),
};
