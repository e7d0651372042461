import { realPath } from '../../core/ground.ts';
import { globMatcher } from '../../core/pattern.ts';
import type { ToolFacts } from '../../core/tool-facts.ts';
import { onePerson } from '../approvals/persons.ts';
import { homePath } from './path-pattern.ts';
import { many, type Rule } from './policy-rules.ts';
import type { PolicyRule } from './policy-schema.ts';

interface Known {
  tools: ToolFacts[];
  /** Of a rule, by its place from 0 on; from 1. */
  lineOf: (index: number) => number;
}

/** What is well formed and yet can never fit, or never be answered; each with its line. */
export function warningsOf(rules: Rule[], { tools, lineOf }: Known): string[] {
  const catchAll = rules.findIndex(({ rule }) => conditionsOf(rule).length === 0);
  return rules.flatMap(({ rule, number }, index) => {
    const lost = catchAll !== -1 && index > catchAll ? [`is never reached: rule ${catchAll + 1} fits every call`] : [];
    return [...lost, ...faultsOf(rule, tools)].map((what) => `line ${lineOf(index)}, rule ${number}: ${what}`);
  });
}

const catchesAnswers = ({ then, tool = '*', risk = 'write', between, days, host, path, command, arguments: given }: PolicyRule): boolean =>
  then === 'deny' &&
  many(tool).some((glob) => globMatcher(glob)('approval_answer')) &&
  many(risk).includes('write') &&
  [between, days, host, path, command, given].every((condition) => condition === undefined);

const conditionsOf = ({
  then: _then,
  name: _name,
  why: _why,
  approvals: _approvals,
  notSelf: _notSelf,
  timezone: _zone,
  ...rest
}: PolicyRule): string[] => Object.keys(rest);

function faultsOf(rule: PolicyRule, tools: ToolFacts[]): string[] {
  const meant = tools.filter(({ name }) => rule.tool === undefined || many(rule.tool).some((glob) => globMatcher(glob)(name)));
  return [...toolFaults(rule, tools), ...(meant.length === 0 ? [] : callFaults(rule, meant)), ...placeFaults(rule), ...answerFaults(rule)];
}

const quoted = (text: string): string => JSON.stringify(text);

const toolFaults = ({ tool }: PolicyRule, tools: ToolFacts[]): string[] =>
  many(tool)
    // Those of other servers come and go.
    .filter((glob) => !glob.startsWith('mcp_') && !tools.some(({ name }) => globMatcher(glob)(name)))
    .map((glob) => `no tool is called ${quoted(glob)}`);

function callFaults(rule: PolicyRule, meant: ToolFacts[]): string[] {
  const risks = many(rule.risk);
  const kinds = many(rule.caller);
  const mayHave = (tool: ToolFacts): boolean => tool.varies === true || risks.includes(tool.risk);
  const mayCall = ({ only }: ToolFacts): boolean => !only || kinds.some((kind) => only.includes(kind));
  const strangers = Object.keys(rule.arguments ?? {}).filter((dotPath) => meant.every((tool) => !hasField(tool, dotPath.split('.')[0]!)));
  return [
    ...(risks.length > 0 && !meant.some(mayHave) ? [`no tool that it names is ever ${risks.join(' or ')}`] : []),
    ...(kinds.length > 0 && !meant.some(mayCall) ? [`no tool that it names may be called by ${kinds.join(' or ')}`] : []),
    ...strangers.map((dotPath) => `no tool that it names has the argument ${quoted(dotPath)}`),
  ];
}

const hasField = ({ inputSchema: { properties } }: ToolFacts, field: string): boolean => !properties || Object.hasOwn(properties, field);

const wrappers = /^(sudo|doas|env|nice|ionice|nohup|time|timeout|setsid|xargs|command|exec)(\s|$)/;

function placeFaults({ then, host, path, command, between }: PolicyRule): string[] {
  const [from, to] = between?.split('-') ?? [];
  return [
    ...many(host)
      .filter((one) => /[\s/@?#]|:\d+$/.test(one.replace(/[*?]/g, '')) && !isAddress(one))
      .map((one) => `the host ${quoted(one)} never fits: a host has no scheme, user, port or path`),
    ...many(path)
      .filter((one) => !/^(\/|~(\/|$)|\*)/.test(one))
      .map((one) => `the path ${quoted(one)} never fits: begin it with /, ~/ or **/`),
    ...many(path)
      .filter((one) => then === 'allow' && leadsElsewhere(one))
      .map((one) => `the path ${quoted(one)} goes through a link, and allow goes by where a path really leads`),
    ...many(command)
      .filter((one) => then === 'allow' && wrappers.test(one.trim()))
      .map((one) => `the command ${quoted(one)} never fits: wrappers are taken off before`),
    ...(from !== undefined && from === to ? [`no time is between ${from} and ${to}`] : []),
  ];
}

/** IPv6 ends in a colon and digits as well. */
const isAddress = (host: string): boolean => (host.match(/:/g) ?? []).length > 1;

function leadsElsewhere(glob: string): boolean {
  const file = homePath(glob);
  const base = file.slice(0, file.search(/[*?]|$/)).replace(/\/[^/]*$/, '') || '/';
  return base.startsWith('/') && realPath(base) !== base;
}

/** Every surface of today speaks for one person. */
function answerFaults(rule: PolicyRule): string[] {
  const { approvals = 1, notSelf = false, caller } = rule;
  const isOwners = caller === undefined || many(caller).includes('owner');
  return [
    ...(isOwners && catchesAnswers(rule) ? ['it fits approval_answer of the owner as well, so no question can be answered'] : []),
    ...(approvals > 1 ? [`${approvals} persons must say yes, and ${onePerson}: such calls wait until they expire`] : []),
    ...(notSelf && isOwners ? [`whoever asked may not answer, and ${onePerson}: what the owner calls waits until it expires`] : []),
  ];
}
