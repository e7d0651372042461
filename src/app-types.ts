import type { Intake } from './agents/intake/intake.ts';
import type { ModelDesk } from './agents/models/model-desk.ts';
import type { Agents } from './agents/personas/agents.ts';
import type { Catalog } from './agents/routing/catalog.ts';
import type { Clock } from './core/clock.ts';
import type { Config } from './core/config.ts';
import type { Log } from './core/log.ts';
import type { Redactor } from './core/redact.ts';
import type { CallerKind, Tool } from './core/tool.ts';
import type { ToolFacts } from './core/tool-facts.ts';
import type { DurableBackend, RunHandler } from './durable/backend.ts';
import type { CodeReview } from './engines/code/code-review.ts';
import type { Cron } from './engines/cron/cron.ts';
import type { Files } from './engines/files/files.ts';
import type { Origins } from './engines/files/origins.ts';
import type { HttpClient } from './engines/http/http-client.ts';
import type { Machine } from './engines/machine/machine.ts';
import type { OutputStore } from './engines/output/output.ts';
import type { Shell } from './engines/shell/shell.ts';
import type { Sources } from './engines/sources/sources.ts';
import type { Ssh } from './engines/ssh/ssh.ts';
import type { TokenFile } from './engines/token/token.ts';
import type { Vault } from './engines/vault/vault-types.ts';
import type { Watchers } from './engines/watcher/watchers.ts';
import type { Workflows } from './engines/workflow/workflows.ts';
import type { ApprovalDesk } from './gate/approvals/approval-desk.ts';
import type { ApprovalRules } from './gate/approvals/approval-rules.ts';
import type { Approvals } from './gate/approvals/approvals.ts';
import type { AuditArchive } from './gate/audit/audit-archive.ts';
import type { AuditCheck } from './gate/audit/audit-check.ts';
import type { AuditMeaning } from './gate/audit/audit-meaning.ts';
import type { AuditCheckpoints } from './gate/audit/audit-checkpoints.ts';
import type { Audit } from './gate/audit/audit.ts';
import type { Changes } from './gate/changes.ts';
import type { Gate, OpenGate } from './gate/gate-types.ts';
import type { PolicyDesk } from './gate/policy/policy-desk.ts';
import type { LastingCalls } from './gate/lasting-calls.ts';
import type { RunDesk } from './gate/run-desk.ts';
import type { Status } from './gate/status.ts';
import type { StopSwitch } from './gate/stop-switch.ts';
import type { Taints } from './gate/taint.ts';
import type { Memories } from './memory/lazy-memory.ts';

/** What tools find in their context beside the call itself. */
export interface Engines {
  machine: Machine;
  code: CodeReview;
  cron: Cron;
  shell: Shell;
  sources: Sources;
  ssh: Omit<Ssh, 'close'>;
  http: HttpClient;
  files: Files;
  origins: Origins;
  memory: Memories;
  models: ModelDesk;
  vault: Omit<Vault, 'open' | 'reveal' | 'learn'>;
  output: OutputStore;
  runs: RunDesk;
  approvals: Approvals;
  approvalDesk: ApprovalDesk;
  approvalRules: ApprovalRules;
  policy: PolicyDesk;
  audit: Audit;
  auditCheckpoints: AuditCheckpoints;
  auditArchive: AuditArchive;
  auditMeaning: AuditMeaning;
  auditCheck: (checkpoints?: string) => Promise<AuditCheck>;
  stop: StopSwitch;
  status: () => Status;
  /** Their values are for surfaces only. */
  tokens: Record<'client' | 'owner', Pick<TokenFile, 'rotate' | 'state'>>;
  watchers: Watchers;
  agents: Agents;
  intake: Intake;
  catalog: Catalog;
  workflows: Workflows;
}

export interface App extends AsyncDisposable {
  gate: Gate;
  /** Those that such a caller may name, sorted by name; none is loaded for it. */
  tools(caller: CallerKind): ToolFacts[];
  /** The gate with all its tools loaded. */
  openGate(): Promise<OpenGate>;
  backend: DurableBackend;
  approvals: Approvals;
  taints: Taints;
  redactor: Redactor;
  /** What HTTP clients show to be let in. */
  token: TokenFile;
  /** What carries the owner's word over HTTP. */
  ownerToken: TokenFile;
  log: Log;
  /** Resolves when the redactor knows the secrets that other processes have set; undefined where it does. Calls look by themselves. */
  learned: () => Promise<void> | undefined;
  /** A secret's value, for the owner at a terminal; on record like any use. No tool and no surface to the outside has it. */
  reveal(name: string): Promise<string>;
  lasting: LastingCalls;
  changes: Changes;
  /** Resolves when every run of this process has ended or waits for a person. */
  settled(): Promise<void>;
}

export interface AppOptions {
  config: Config;
  /** The registry; tests and benchmarks bring their own. */
  tools?: Tool[];
  /** More kinds of runs; tests bring their own. */
  runs?: Record<string, RunHandler>;
  /** Campaign for the lease, and take over the runs of processes that died. */
  recover?: boolean;
  /** What programs that are run may see of the environment; by default nothing. */
  env?: Record<string, string | undefined>;
  /** Where relative paths of callers start who stand nowhere: MCP over HTTP, the HTTP API. */
  folder?: string;
  /** Asks for the passphrase of identity.txt; absent where nobody sits at a terminal. */
  askPassphrase?: () => Promise<string>;
  clock?: Clock;
  log?: Log;
}
