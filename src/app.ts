import path from 'node:path';
import { createIntake, type Intake } from './agents/intake/intake.ts';
import { createCatalog, type Catalog } from './agents/routing/catalog.ts';
import { systemClock, type Clock } from './core/clock.ts';
import { secretsIn, type Config } from './core/config.ts';
import { openDatabase, type Db } from './core/database.ts';
import { closeToOthers, prepareHome } from './core/home.ts';
import { createLog, type Log } from './core/log.ts';
import { createRedactor, type Redactor } from './core/redact.ts';
import type { Caller, Tool } from './core/tool.ts';
import { sourcesIn, trustedSources } from './core/trusted-sources.ts';
import type { DurableBackend } from './durable/backend.ts';
import { redactedBackend } from './durable/redacted-backend.ts';
import { createSqliteBackend, durableSchema } from './durable/sqlite-backend.ts';
import { createUndoStack, undoSchema } from './durable/undo-stack.ts';
import { createFiles, type Files } from './engines/files/files.ts';
import { createOrigins, originSchema, type Origins } from './engines/files/origins.ts';
import { createRoots } from './engines/files/roots.ts';
import { createHttpClient, type HttpClient } from './engines/http/http-client.ts';
import { createMachine, type Machine } from './engines/machine/machine.ts';
import { createOutputStore, type OutputStore } from './engines/output/output.ts';
import { createShell, type Shell } from './engines/shell/shell.ts';
import { createTokenFile, type TokenFile } from './engines/token/token.ts';
import { createLazyVault } from './engines/vault/lazy-vault.ts';
import { vaultSchema } from './engines/vault/seen.ts';
import type { Vault } from './engines/vault/vault-types.ts';
import { createAnswers } from './gate/answers.ts';
import { watchExpiry } from './gate/approval-expiry.ts';
import { createApprovalDesk, type ApprovalDesk } from './gate/approval-desk.ts';
import { approvalRuleSchema, createApprovalRules, type ApprovalRules } from './gate/approval-rules.ts';
import { approvalSchema, createApprovals, type Approvals } from './gate/approvals.ts';
import { createAuditArchive, type AuditArchive } from './gate/audit-archive.ts';
import { checkAudit, type AuditCheck } from './gate/audit-check.ts';
import { auditCheckpointSchema, createAuditCheckpoints, type AuditCheckpoints } from './gate/audit-checkpoints.ts';
import { createAuditExport, exportedFile } from './gate/audit-export.ts';
import { auditMirrorSchema, createAuditMirror } from './gate/audit-mirror.ts';
import { auditSchema, createAudit, type Audit } from './gate/audit.ts';
import { createChanges, type Changes } from './gate/changes.ts';
import { closableGate } from './gate/closing.ts';
import type { Gate } from './gate/gate-types.ts';
import { createGate } from './gate/gate.ts';
import { secretOpened } from './gate/secret-opened.ts';
import { createLastingCalls, type LastingCalls } from './gate/lasting-calls.ts';
import { createRunDesk, type RunDesk } from './gate/run-desk.ts';
import { createStatus, type Status } from './gate/status.ts';
import { createStopSwitch, stopSchema, type StopSwitch } from './gate/stop-switch.ts';
import { createTaints, taintSchema, type Taints } from './gate/taint.ts';
import { undoHandler, undoKind } from './gate/undo.ts';
import { openMemoryStore } from './memory/memory-store.ts';
import type { MemoryStore } from './memory/memory-types.ts';
import { tools as allTools } from './tools/index.ts';

export { tools } from './tools/index.ts';

/** What tools find in their context beside the call itself. */
export interface Engines {
  machine: Machine;
  shell: Shell;
  http: HttpClient;
  files: Files;
  origins: Origins;
  memory: MemoryStore;
  vault: Omit<Vault, 'open' | 'reveal'>;
  output: OutputStore;
  runs: RunDesk;
  approvals: Approvals;
  approvalDesk: ApprovalDesk;
  approvalRules: ApprovalRules;
  audit: Audit;
  auditCheckpoints: AuditCheckpoints;
  auditArchive: AuditArchive;
  auditCheck: (checkpoints?: string) => Promise<AuditCheck>;
  stop: StopSwitch;
  status: () => Status;
  /** Its value is for surfaces only. */
  token: Pick<TokenFile, 'rotate' | 'state'>;
  intake: Intake;
  catalog: Catalog;
}

export interface App extends AsyncDisposable {
  gate: Gate;
  backend: DurableBackend;
  approvals: Approvals;
  taints: Taints;
  redactor: Redactor;
  /** What HTTP clients show to be let in. */
  token: TokenFile;
  log: Log;
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

/** Builds everything, bottom up, and takes it down in reverse. The one place that constructs. */
export async function createApp({
  config,
  tools = allTools,
  recover = false,
  env = {},
  folder = env.HOME ?? config.paths.home,
  clock = systemClock,
  askPassphrase,
  ...rest
}: AppOptions): Promise<App> {
  const { paths, values } = config;
  const redactor = createRedactor();
  for (const secret of secretsIn(values)) redactor.add(secret);
  const log = rest.log ?? createLog({ level: values.CLAW_LOG, clock, redactor });
  await using stack = new AsyncDisposableStack();

  prepareHome(config);
  const db = openDatabase(paths.database, [
    durableSchema,
    undoSchema,
    auditSchema,
    auditMirrorSchema,
    auditCheckpointSchema,
    approvalSchema,
    approvalRuleSchema,
    taintSchema,
    originSchema,
    stopSchema,
    vaultSchema,
  ]);
  stack.defer(() => db.close());
  closeToOthers(paths.database);
  const journal = createSqliteBackend({
    db,
    clock,
    log,
    onWorkerLost: (worker) => audit.closeOrphans(worker),
    onCommitElsewhere: () => stop.notice(),
  });
  const backend = redactedBackend(journal, redactor);
  const audit = createAudit({ db, clock, redactor, worker: backend.workerId });
  const mirror = createAuditMirror({ db, audit, file: paths.auditLog, log });
  stack.defer(() => mirror.close());
  const exportTarget = values.CLAW_AUDIT_EXPORT;
  const checkpoints = createAuditCheckpoints({ db, clock, log, audit, keyFile: paths.auditKey, send: createAuditExport(exportTarget) });
  stack.defer(() => checkpoints.close({ final: recover }));
  const archive = createAuditArchive({ db, clock, mirror, checkpoints, folder: paths.auditArchive });
  const stop = createStopSwitch({ db, clock, audit, backend });
  stack.defer(() => stop.close());
  const answers = createAnswers({ backend, log });
  const approvals = createApprovals({ db, clock, onAnswer: answers.given });
  const find = (name: string): Tool | undefined => tools.find((tool) => tool.name === name);
  const approvalRules = createApprovalRules({ db, clock, find });
  const approvalDesk = createApprovalDesk({ db, approvals, rules: approvalRules });
  const undo = createUndoStack({ db, clock });
  const taints = createTaints({ db, find });

  const filesIn = (allowed: string[]): Files =>
    createFiles({ roots: createRoots({ allowed, forbidden: [paths.home], base: folder }), backups: paths.backups, redactor });
  const token = createTokenFile(paths.token);
  const {
    open: secret,
    reveal,
    ...vault
  } = createLazyVault({
    paths,
    db,
    clock,
    redactor,
    passphrase: values.CLAW_VAULT_PASSPHRASE || undefined,
    askPassphrase,
    onOpen: secretOpened({ db, audit, taints }),
  });
  let memory: MemoryStore | undefined;
  stack.defer(() => memory?.close());
  // The owner's current folder is theirs to touch, unless roots are set or it is the whole disk.
  const enginesFor = ({ kind, folder: current }: Caller): Engines => {
    const isOwn = kind === 'owner' && current !== undefined && current !== path.parse(current).root && values.CLAW_FILE_ROOTS.length === 0;
    return isOwn ? (Object.create(engines, { files: { value: filesIn([folder, current]), enumerable: true } }) as Engines) : engines;
  };
  const gate = closableGate(
    createGate({
      tools,
      engines: enginesFor,
      folder,
      db,
      desk: approvalDesk,
      audit,
      stop,
      taints,
      undo,
      redactor,
      log,
      outputs: paths.runs,
    }),
  );
  const engines: Engines = {
    machine: createMachine(),
    // Without the two ways to a value: those are for engines, and for the owner at a terminal.
    vault,
    shell: createShell({ env, outputs: paths.runs, redactor, secret }),
    http: createHttpClient({ allow: values.CLAW_HTTP_ALLOW, secret }),
    origins: createOrigins({ db, trusted: trustedSources(sourcesIn(values.CLAW_TRUSTED)), redactor }),
    files: filesIn(values.CLAW_FILE_ROOTS.length > 0 ? values.CLAW_FILE_ROOTS : [folder]),
    // Opened on first use: most calls need no memory.
    get memory() {
      return (memory ??= openMemoryStore({ file: paths.memory, clock, redactor }));
    },
    output: createOutputStore({ folder: paths.runs, redactor }),
    runs: createRunDesk({ backend, approvals, stack: undo, taints }),
    approvals,
    approvalDesk,
    approvalRules,
    audit,
    auditCheckpoints: checkpoints,
    auditArchive: archive,
    auditCheck: (given) =>
      checkAudit({ db, mirror, checkpoints, archive, folder: paths.auditArchive, exportedTo: exportedFile(exportTarget) }, given),
    stop,
    status: createStatus({ db, backend, audit, stop, clock, home: paths.home, model: 'none', tools: tools.length }),
    token,
    // These two make calls of their own, so they are built on the gate: the one circle.
    intake: createIntake({ gate, backend, taints }),
    catalog: createCatalog({ gate }),
  };
  backend.register(undoKind, undoHandler({ gate, stack: undo, taints }));
  const lasting = createLastingCalls({ gate, backend, taints });
  await backend.open({ recover });
  stack.defer(() => backend.close());
  if (recover) stack.defer(watchExpiry({ approvals, clock, log }));
  stack.defer(() => gate.close());

  const parts = stack.move();
  const settled = (): Promise<void> => answers.carried().then(() => backend.idle());
  return {
    gate,
    backend,
    approvals,
    taints,
    redactor,
    token,
    log,
    lasting,
    changes: createChanges({ backend, approvals, clock, log }),
    reveal,
    settled,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

export type VaultSettingsOptions = Pick<AppOptions, 'config' | 'askPassphrase'>;

/** The settings among the secrets, read before the app is built with them. Throws what is wrong with the vault. */
export async function vaultSettings({ config, askPassphrase }: VaultSettingsOptions): Promise<Record<string, string>> {
  const { paths, values } = config;
  prepareHome(config);
  const openDb = (): Db => {
    const db = openDatabase(paths.database, [vaultSchema]);
    closeToOthers(paths.database);
    return db;
  };
  const { readVaultSettings } = await import('./engines/vault/vault-settings.ts');
  return readVaultSettings({ paths, openDb, clock: systemClock, passphrase: values.CLAW_VAULT_PASSPHRASE || undefined, askPassphrase });
}
