import type { Caller } from '../../core/tool.ts';
import type { Gate } from '../../gate/gate-types.ts';

/** What status_show tells and a number can say. */
interface Measured {
  uptimeSeconds: number;
  leader: boolean;
  residentBytes: number;
  runs: Record<string, number>;
  approvalsWaiting: number;
  auditRows: number;
  tools: number;
  stopped?: object;
  warnings: string[];
}

const gauges: [string, string, (status: Measured) => number][] = [
  ['claw_uptime_seconds', 'Since this process started', ({ uptimeSeconds }) => uptimeSeconds],
  ['claw_leader', 'Whether this process runs timers and recovery', ({ leader }) => Number(leader)],
  ['claw_resident_bytes', 'Memory of this process', ({ residentBytes }) => residentBytes],
  ['claw_approvals_waiting', 'Questions to the owner', ({ approvalsWaiting }) => approvalsWaiting],
  ['claw_audit_rows', 'Rows of the audit', ({ auditRows }) => auditRows],
  ['claw_tools', 'Tools in the registry', ({ tools }) => tools],
  ['claw_stopped', 'Whether everything is stopped', ({ stopped }) => Number(stopped !== undefined)],
  ['claw_warnings', 'What the owner should look at; status_show says it', ({ warnings }) => warnings.length],
];

/** The state of claw in the text format of Prometheus, read with the tool that reads it, like everything else. */
export async function metrics(gate: Gate, caller: Caller): Promise<{ contentType: string; text: string }> {
  const status = (await gate.call(caller, 'status_show', {})).output as Measured;
  // Few machines are scraped.
  const { Gauge, Registry } = (await import('prom-client')).default;
  const registry = new Registry();
  for (const [name, help, value] of gauges) new Gauge({ name, help, registers: [registry] }).set(value(status));
  const runs = new Gauge({ name: 'claw_runs', help: 'Open runs by status', labelNames: ['status'], registers: [registry] });
  for (const [state, count] of Object.entries(status.runs)) runs.set({ status: state }, count);
  return { contentType: registry.contentType, text: await registry.metrics() };
}
