import { homedir } from 'node:os';
import path from 'node:path';
import { createIntake } from './agents/intake/intake.ts';
import { createCatalog } from './agents/routing/catalog.ts';
import { systemClock } from './core/clock.ts';
import { secretsIn } from './core/config.ts';
import { openDatabase, type Db } from './core/database.ts';
import { groundOf } from './core/ground.ts';
import { closeToOthers, prepareHome } from './core/home.ts';
import { foreignSocketFolder } from './core/socket-path.ts';
import { createLog } from './core/log.ts';
import { createRedactor } from './core/redact.ts';
import type { Caller, Tool } from './core/tool.ts';
import { mergedSources, sourcesIn } from './core/trusted-sources.ts';
import { redactedBackend } from './durable/redacted-backend.ts';
import { createSqliteBackend, durableSchema } from './durable/sqlite-backend.ts';
import { outboxSchema } from './durable/outbox.ts';
import { createUndoStack, undoSchema } from './durable/undo-stack.ts';
import { createCronEngine, cronSchema } from './engines/cron/cron-engine.ts';
import { embedderOf, vectorExtension } from './engines/embeddings/choose-embedder.ts';
import { createFiles, type Files } from './engines/files/files.ts';
import { createOrigins, originSchema } from './engines/files/origins.ts';
import { createRoots } from './engines/files/roots.ts';
import { createUnfinished, unfinishedSchema } from './engines/files/unfinished.ts';
import { createHttpClient } from './engines/http/http-client.ts';
import { createMachine } from './engines/machine/machine.ts';
import { createOutputStore } from './engines/output/output.ts';
import { createSandbox } from './engines/shell/sandbox.ts';
import { createShell } from './engines/shell/shell.ts';
import { createTokenFile } from './engines/token/token.ts';
import { createLazyVault } from './engines/vault/lazy-vault.ts';
import { vaultSchema } from './engines/vault/seen.ts';
import { createWatchJournal, watcherSchema } from './engines/watcher/journal.ts';
import { createOwnWrites, ownWriteSchema } from './engines/watcher/own-writes.ts';
import { createWatchers } from './engines/watcher/watchers.ts';
import { createAnswers } from './gate/approvals/answers.ts';
import { watchExpiry } from './gate/approvals/approval-expiry.ts';
import { createApprovalDesk } from './gate/approvals/approval-desk.ts';
import { approvalRuleSchema, createApprovalRules } from './gate/approvals/approval-rules.ts';
import { approvalSchema, createApprovals } from './gate/approvals/approvals.ts';
import { createAuditArchive } from './gate/audit/audit-archive.ts';
import { auditCheckpointSchema, createAuditCheckpoints } from './gate/audit/audit-checkpoints.ts';
import { createAuditExport, exportedFile } from './gate/audit/audit-export.ts';
import { auditMirrorSchema, createAuditMirror } from './gate/audit/audit-mirror.ts';
import { auditSchema, createAudit } from './gate/audit/audit.ts';
import { createChanges } from './gate/changes.ts';
import { closableGate } from './gate/closing.ts';
import { firingCalls } from './gate/firing-calls.ts';
import { createGate } from './gate/gate.ts';
import { createPolicyDesk, policyWarnings } from './gate/policy/policy-desk.ts';
import { createPolicyFile } from './gate/policy/policy-file.ts';
import { secretOpened } from './gate/secret-opened.ts';
import { watchSecrets } from './gate/secret-watch.ts';
import { createLastingCalls } from './gate/lasting-calls.ts';
import { createRunDesk } from './gate/run-desk.ts';
import { createStatus } from './gate/status.ts';
import { createStopSwitch, stopSchema } from './gate/stop-switch.ts';
import { createTaints, taintSchema } from './gate/taint.ts';
import { undoHandler, undoKind } from './gate/undo.ts';
import { openMemoryStore } from './memory/memory-store.ts';
import type { MemoryStore } from './memory/memory-types.ts';
import { tools as allTools } from './tools/index.ts';
import type { App, AppOptions, Engines } from './app-types.ts';

export { tools } from './tools/index.ts';

export type { App, AppOptions, Engines } from './app-types.ts';

/** Builds everything, bottom up, and takes it down in reverse. The one place that constructs. */
export async function createApp({
  config,
  tools = allTools,
  recover = false,
  env = {},
  folder = env.HOME ?? homedir(),
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
  const policy = createPolicyFile({ file: paths.policy, log });
  const ground = groundOf({ home: paths.home, socket: paths.socket, env, base: folder, root: path.dirname(import.meta.dirname) });
  const { program, userHome } = ground;
  const sandbox = createSandbox({ hidden: [...ground.own, ...foreignSocketFolder(paths)], data: paths.home, program, userHome });
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
    ownWriteSchema,
    unfinishedSchema,
    watcherSchema,
    outboxSchema,
    cronSchema,
  ]);
  stack.defer(() => db.close());
  closeToOthers(paths.database);
  const journal = createSqliteBackend({
    db,
    clock,
    log,
    onWorkerLost: (worker) => (audit.closeOrphans(worker), temporaries.clear(worker)),
    onCommitElsewhere: () => {
      stop.notice();
      cron.notice();
    },
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

  const temporaries = createUnfinished({ db, worker: backend.workerId, redactor });
  const ownWrites = createOwnWrites({ db, clock, redactor });
  const filesIn = (allowed: string[]): Files =>
    ownWrites.watch(
      createFiles({ roots: createRoots({ allowed, forbidden: ground.own, base: folder }), backups: paths.backups, redactor, temporaries }),
    );
  const token = createTokenFile(paths.token);
  const {
    open: secret,
    reveal,
    learn,
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
  const trusted = mergedSources(() => [policy.current().trusted, sourcesIn(values.CLAW_TRUSTED)]);
  const place = { ground, canSandbox: sandbox.available, clock };
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
      policy,
      place,
      redactor,
      log,
      outputs: paths.runs,
      secrets: watchSecrets({ file: paths.vault, learn, log }),
    }),
  );
  const isStopped = (): boolean => stop.state() !== undefined;
  const cronParts = { db, clock, log, backend, gate, find, taints, isStopped, folder: paths.runs, random: Math.random };
  const cron = createCronEngine({ ...cronParts, ...firingCalls({ gate, find }) });
  const engines: Engines = {
    machine: createMachine(),
    cron,
    // Without the two ways to a value: those are for engines, and for the owner at a terminal.
    vault,
    shell: createShell({ env, outputs: paths.runs, redactor, secret, sandbox }),
    http: createHttpClient({ allow: values.CLAW_HTTP_ALLOW, secret }),
    origins: createOrigins({ db, trusted, redactor }),
    files: filesIn(values.CLAW_FILE_ROOTS.length > 0 ? values.CLAW_FILE_ROOTS : [folder]),
    // Opened on first use: most calls need no memory.
    get memory() {
      return (memory ??= openMemoryStore({ file: paths.memory, clock, redactor, embedder: embedderOf(values), vectorExtension }));
    },
    output: createOutputStore({ folder: paths.runs, redactor }),
    runs: createRunDesk({ backend, approvals, stack: undo, taints }),
    approvals,
    approvalDesk,
    approvalRules,
    policy: createPolicyDesk({ policy, explain: (...call) => gate.explain(...call), canSandbox: sandbox.available }),
    audit,
    auditCheckpoints: checkpoints,
    auditArchive: archive,
    auditCheck: async (given) => {
      const { checkAudit } = await import('./gate/audit/audit-check.ts');
      const exportedTo = exportedFile(exportTarget);
      return checkAudit({ db, mirror, checkpoints, archive, folder: paths.auditArchive, exportedTo }, given);
    },
    stop,
    status: createStatus({
      db,
      backend,
      audit,
      stop,
      clock,
      home: paths.home,
      model: 'none',
      tools: tools.length,
      warnings: () => [...policyWarnings(policy), ...watchers.warnings(), ...cron.warnings()],
    }),
    token,
    get watchers() {
      return watchers;
    },
    // These two make calls of their own, so they are built on the gate: the one circle.
    intake: createIntake({ gate, backend, taints }),
    catalog: createCatalog({ gate }),
  };
  backend.register(undoKind, undoHandler({ gate, stack: undo, taints }));
  const lasting = createLastingCalls({ gate, backend, taints });
  const watchers = createWatchers({
    file: paths.watchers,
    own: ground.own,
    isStopped,
    db,
    clock,
    log,
    backend,
    gate,
    find,
    taints,
    ownWrites,
    journal: createWatchJournal({ db, clock, redactor }),
    origins: () => engines.origins,
    resolve: (file) => engines.files.resolve(file),
    explain: (rule, tool, input) => gate.explain({ kind: 'watcher', name: rule }, tool, input),
  });
  await backend.open({ recover });
  stack.defer(() => backend.close());
  stack.defer(() => cron.close());
  if (recover) stack.defer(watchExpiry({ approvals, clock, log }));
  stack.defer(() => watchers.close());
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
