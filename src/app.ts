import { homedir } from 'node:os';
import path from 'node:path';
import { agentSchema } from './agents/personas/agent-schema.ts';
import { modelSchema } from './agents/models/model-schema.ts';
import { systemClock } from './core/clock.ts';
import { secretsIn } from './core/config.ts';
import { openDatabase, type Db } from './core/database.ts';
import { groundOf } from './core/ground.ts';
import { closeToOthers, prepareHome } from './core/home.ts';
import { createLog } from './core/log.ts';
import { openedOnce } from './core/opened-once.ts';
import { createRedactor } from './core/redact.ts';
import type { Tool } from './core/tool.ts';
import { factsOf, mayName, type ToolFacts } from './core/tool-facts.ts';
import { lateRuns } from './durable/late-runs.ts';
import { outboxSchema } from './durable/outbox.ts';
import { redactedBackend } from './durable/redacted-backend.ts';
import { watchRetention } from './durable/retention.ts';
import { createSqliteBackend, durableSchema } from './durable/sqlite-backend.ts';
import { createUndoStack, undoSchema } from './durable/undo-stack.ts';
import { createCronEngine, cronSchema } from './engines/cron/cron-engine.ts';
import { originSchema } from './engines/files/origin-schema.ts';
import { createUnfinished, unfinishedSchema } from './engines/files/unfinished.ts';
import { sourceFacts, sourceTables } from './engines/sources/source-schema.ts';
import { createTokenFile } from './engines/token/token.ts';
import { vaultSchema } from './engines/vault/vault-schema.ts';
import { createWatchJournal, watcherSchema } from './engines/watcher/journal.ts';
import { createOwnWrites, ownWriteSchema } from './engines/watcher/own-writes.ts';
import { createWatchers } from './engines/watcher/watchers.ts';
import { watchExpiry } from './gate/approvals/approval-expiry.ts';
import { createAnswers } from './gate/approvals/answers.ts';
import { approvalRuleSchema } from './gate/approvals/approval-rule-schema.ts';
import { approvalSchema, createApprovals } from './gate/approvals/approvals.ts';
import { auditCheckpointSchema, createAuditCheckpoints } from './gate/audit/audit-checkpoints.ts';
import { createAuditExport } from './gate/audit/audit-export.ts';
import { auditMirrorSchema, createAuditMirror } from './gate/audit/audit-mirror.ts';
import { auditSchema, createAudit } from './gate/audit/audit.ts';
import { createChanges } from './gate/changes.ts';
import { closableGate } from './gate/closing.ts';
import { firingCalls } from './gate/firing-calls.ts';
import { lateGate } from './gate/late-gate.ts';
import { createLastingCalls } from './gate/lasting-calls.ts';
import { policyWarnings } from './gate/policy/policy-desk.ts';
import { createPolicyFile } from './gate/policy/policy-file.ts';
import { createStatus } from './gate/status.ts';
import { createStopSwitch, stopSchema } from './gate/stop-switch.ts';
import { createTaints, taintSchema } from './gate/taint.ts';
import { toolFacts } from './tools/facts.ts';
import type { Calls } from './app-calls.ts';
import type { App, AppOptions } from './app-types.ts';

export type { App, AppOptions, Engines } from './app-types.ts';

/** Kinds of runs whose handlers are among what the first call opens. */
const lateKinds = ['intake', 'source', 'undo', 'workflow', 'agent', 'agent_turn'];

/**
 * Builds everything, bottom up, and takes it down in reverse: here what has to be up from the start, in app-calls.ts what
 * only calls need. The one place that constructs.
 */
export async function createApp({
  config,
  tools,
  runs = {},
  recover = false,
  env = {},
  folder = env.HOME ?? homedir(),
  clock = systemClock,
  askPassphrase,
  ...rest
}: AppOptions): Promise<App> {
  const { paths, values } = config;
  const facts = (): ToolFacts[] => tools?.map(factsOf) ?? toolFacts;
  const redactor = createRedactor();
  for (const secret of secretsIn(values)) redactor.add(secret);
  const log = rest.log ?? createLog({ level: values.CLAW_LOG, clock, redactor });
  await using stack = new AsyncDisposableStack();

  prepareHome(config);
  const policy = createPolicyFile({ file: paths.policy, log, tools: facts() });
  const ground = groundOf({ home: paths.home, socket: paths.socket, env, base: folder, root: path.dirname(import.meta.dirname) });
  const db = openDatabase(paths.database, [
    durableSchema,
    undoSchema,
    auditSchema,
    auditMirrorSchema,
    auditCheckpointSchema,
    approvalSchema,
    approvalRuleSchema,
    taintSchema,
    stopSchema,
    ownWriteSchema,
    unfinishedSchema,
    watcherSchema,
    outboxSchema,
    cronSchema,
    originSchema,
    vaultSchema,
    modelSchema,
    sourceTables,
    agentSchema,
  ]);
  stack.defer(() => db.close());
  closeToOthers(paths.database);
  const calls = openedOnce(async (): Promise<Calls> => {
    const opened = (await import('./app-calls.ts')).openCalls(callsParts);
    await opened.learned();
    return opened;
  });
  stack.defer(() => calls.found()?.close());
  const find = (name: string): Tool | undefined => calls.opened().find(name);
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
  // Before the first call nothing is written but what was clean when it was stored.
  const learned = (): Promise<void> | undefined => calls.found()?.learned();
  // What begins by itself is written down before any call of it.
  const known = async (): Promise<void> => (await calls.open()).learned();
  const backend = lateRuns(redactedBackend(journal, { redactor, calls: () => calls.found()?.secretCalls, learned }), {
    kinds: lateKinds,
    ready: calls.open,
    clock,
    log,
  });
  const audit = createAudit({ db, clock, redactor, worker: backend.workerId });
  const mirror = createAuditMirror({ db, audit, file: paths.auditLog, log });
  stack.defer(() => mirror.close());
  const send = createAuditExport(values.CLAW_AUDIT_EXPORT);
  const auditCheckpoints = createAuditCheckpoints({ db, clock, log, audit, keyFile: paths.auditKey, send });
  stack.defer(() => auditCheckpoints.close({ final: recover }));
  const stop = createStopSwitch({ db, clock, audit, backend, redactor });
  stack.defer(() => stop.close());
  const isStopped = (): boolean => stop.state() !== undefined;
  const answers = createAnswers({ backend, log });
  const approvals = createApprovals({ db, clock, onAnswer: answers.given });
  const undo = createUndoStack({ db, clock });
  const taints = createTaints({ db, find });
  const temporaries = createUnfinished({ db, worker: backend.workerId, redactor });
  const ownWrites = createOwnWrites({ db, clock, redactor });
  const tokens = { client: createTokenFile(paths.token), owner: createTokenFile(paths.ownerToken) };
  const gate = closableGate(lateGate(async () => (await calls.open()).gate));
  const firing = firingCalls({ gate, find });
  /** What those need that make calls by themselves. */
  const starter = { db, clock, log, backend, gate, find, taints, isStopped, known };
  const cron = createCronEngine({
    ...starter,
    ...firing,
    deliver: (...message) => calls.open().then(() => firing.deliver(...message)),
    folder: paths.runs,
    random: Math.random,
  });
  const watchers = createWatchers({
    ...starter,
    file: paths.watchers,
    own: ground.own,
    ownWrites,
    journal: createWatchJournal({ db, clock, redactor }),
    origins: () => calls.opened().engines.origins,
    resolve: async (file) => (await calls.open()).engines.files.resolve(file),
    explain: async (rule, tool, input) => (await calls.open()).gate.explain({ kind: 'watcher', name: rule }, tool, input),
  });
  const status = createStatus({
    db,
    backend,
    audit,
    stop,
    clock,
    home: paths.home,
    model: values.CLAW_MODEL,
    tools: (tools ?? toolFacts).length,
    warnings: () => [
      ...policyWarnings(policy),
      ...watchers.warnings(),
      ...cron.warnings(),
      ...(calls.found()?.engines.sources.warnings() ?? []),
    ],
  });
  const early = { approvals, audit, auditCheckpoints, cron, status, stop, tokens, watchers };
  const given = { config, tools, env, folder, clock, askPassphrase, log, redactor };
  const callsParts = { ...given, ground, db, backend, gate, mirror, policy, taints, undo, ownWrites, temporaries, early };
  const lasting = createLastingCalls({ gate, backend, taints });
  for (const [kind, handler] of Object.entries(runs)) backend.register(kind, handler);
  await backend.open({ recover });
  stack.defer(() => backend.close());
  stack.defer(() => cron.close());
  if (recover) stack.defer(watchExpiry({ approvals, clock, log }));
  if (recover && values.CLAW_RETENTION > 0)
    stack.defer(
      watchRetention({
        clock,
        log,
        isLeader: () => backend.isLeader(),
        keepMs: values.CLAW_RETENTION * 86_400_000,
        forget: async () => {
          const [{ oldRuns, oldMessages }, { oldFirings }] = await Promise.all([
            import('./durable/old-runs.ts'),
            import('./engines/cron/old-firings.ts'),
          ]);
          return [oldFirings({ db, folder: paths.runs }), oldRuns({ db, onForget: taints.forget }), oldMessages({ db })];
        },
      }),
    );
  stack.defer(() => watchers.close());
  stack.defer(() => gate.close());

  const opened = stack.move();
  return {
    gate,
    tools: (caller) =>
      [...facts(), ...sourceFacts(db)].filter((tool) => mayName(tool, caller)).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    openGate: async () => ({ ...(await calls.open()).gate, ...gate }),
    backend,
    approvals,
    taints,
    redactor,
    token: tokens.client,
    ownerToken: tokens.owner,
    log,
    learned,
    lasting,
    changes: createChanges({ backend, approvals, clock, log }),
    reveal: async (name) => (await calls.open()).reveal(name),
    settled: () => answers.carried().then(() => backend.idle()),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

export type VaultSettingsOptions = Pick<AppOptions, 'config' | 'askPassphrase'>;

/** The settings among the secrets, read before the app is built with them. Throws what is wrong with the vault. */
export async function vaultSettings({ config, askPassphrase }: VaultSettingsOptions): Promise<Record<string, string>> {
  const { paths, values } = config;
  prepareHome(config);
  const { readVaultSettings } = await import('./engines/vault/vault-settings.ts');
  const openDb = (): Db => {
    const db = openDatabase(paths.database, [vaultSchema]);
    closeToOthers(paths.database);
    return db;
  };
  return readVaultSettings({ paths, openDb, clock: systemClock, passphrase: values.CLAW_VAULT_PASSPHRASE || undefined, askPassphrase });
}
