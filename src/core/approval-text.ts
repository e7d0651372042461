import type { Change, Risk, Taint } from './tool.ts';

/** An approval as a person needs to see it. */
export interface ShownApproval {
  id: string;
  tool: string;
  input: unknown;
  caller: string;
  callerName?: string | undefined;
  runId?: string | undefined;
  /** What the run was asked to do. */
  request?: string | undefined;
  risk: Risk;
  reason: string;
  changes: Change[];
  /** Programs and scripts that would run, with the SHA-256 of each, and links with where they lead. */
  files?: { path: string; content: string }[] | undefined;
  taint: Taint;
  quorum: number;
  votes: { voter: string; answer: string }[];
  status: string;
  expiresAt: string;
}

/** The exact call, what it would change, and why it asks: whole, so that nobody answers what was cut off. */
export function approvalText(approval: ShownApproval): string {
  const { id, tool, input, risk, reason, changes, status, expiresAt } = approval;
  return [
    `${id} ${status === 'waiting' ? `waits until ${expiresAt}` : status}`,
    line('call', `${tool} ${JSON.stringify(input)}`),
    ...(approval.files ?? []).map(({ path, content }) => line(content.startsWith('leads to') ? 'link' : 'runs', `${path} (${content})`)),
    ...(changes.length === 0 ? [line('changes', 'not known beforehand')] : changes.flatMap(changeLines)),
    line('risk', `${risk}. ${reason}`),
    line('taint', taintText(approval.taint)),
    line('asked by', askerText(approval)),
    ...votesText(approval),
    ...(status === 'waiting' ? [line('answer', `claw approval answer ${id} approve|deny [--scope run|always]`)] : []),
  ].join('\n');
}

const line = (label: string, text: string): string => `  ${label.padEnd(9)} ${text}`;

function changeLines({ action, target, before, after }: Change): string[] {
  const lines = (sign: string, text: string | undefined): string[] =>
    text === undefined ? [] : text.split('\n').map((row) => line('', `${sign} ${row}`));
  return [line('changes', `${action} ${target}`), ...lines('-', before), ...lines('+', after)];
}

function taintText({ untrusted, private: isPrivate }: Taint): string {
  const read = [untrusted && 'untrusted text', isPrivate && 'private data'].filter(Boolean);
  return read.length === 0 ? 'none' : `the run has read ${read.join(' and ')}`;
}

function askerText({ caller, callerName, runId, request }: ShownApproval): string {
  const who = callerName === undefined ? caller : `${caller} ${callerName}`;
  return `${who}${runId === undefined ? '' : ` in ${runId}`}${request === undefined ? '' : `, asked to ${JSON.stringify(request)}`}`;
}

function votesText({ quorum, votes }: ShownApproval): string[] {
  if (quorum === 1 && votes.length === 0) return [];
  const yes = votes.filter(({ answer }) => answer === 'approve').length;
  const names = votes.map(({ voter, answer }) => `${voter} ${answer === 'approve' ? 'yes' : 'no'}`).join(', ');
  return [line('votes', `${yes} of ${quorum} needed${names === '' ? '' : `: ${names}`}`)];
}
