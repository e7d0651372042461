import path from 'node:path';
import { createIntake, type Intake } from './agents/intake/intake.ts';
import { createCatalog, type Catalog } from './agents/routing/catalog.ts';
import { systemClock, type Clock } from './core/clock.ts';
import type { Config } from './core/config.ts';
import { openDatabase } from './core/database.ts';
import { groundOf } from './core/ground.ts';
import { closeToOthers, prepareHome } from './core/home.ts';
import { createLog, type Log } from './core/log.ts';
import { createRedactor, type Redactor } from './core/redact.ts';
import type { Caller, Tool } from './core/tool.ts';
import type { DurableBackend } from './durable/backend.ts';
import { createSqliteBackend, durableSchema } from './durable/sqlite-backend.ts';
import { createUndoStack, undoSchema } from './durable/undo-stack.ts';
import { createFiles, type Files } from './engines/files/files.ts';
import { createRoots } from './engines/files/roots.ts';
import { createHttpClient, type HttpClient } from './engines/http/http-client.ts';
import { createMachine, type Machine } from './engines/machine/machine.ts';
import { createSandbox } from './engines/shell/sandbox.ts';
import { createShell, type Shell } from './engines/shell/shell.ts';
import { createAnswers } from './gate/answers.ts';
import { approvalSchema, createApprovals, type Approvals } from './gate/approvals.ts';
import { checkAudit, type AuditCheck } from './gate/audit-check.ts';
import { auditMirrorSchema, createAuditMirror } from './gate/audit-mirror.ts';
import { auditSchema, createAudit, type Audit } from './gate/audit.ts';
import type { Gate } from './gate/gate-types.ts';
import { createGate } from './gate/gate.ts';
import { createPolicyDesk, policyWarnings, type PolicyDesk } from './gate/policy-desk.ts';
import { createPolicyFile } from './gate/policy-file.ts';
import { createRunDesk, type RunDesk } from './gate/run-desk.ts';
import { createStatus, type Status } from './gate/status.ts';
import { createTaints, taintSchema } from './gate/taint.ts';
import { undoHandler, undoKind } from './gate/undo.ts';
import { openMemoryStore } from './memory/memory-store.ts';
import type { MemoryStore } from './memory/memory-types.ts';
import { tools as allTools } from './tools/index.ts';

/** What tools find in their context beside the call itself. */
export interface Engines {
  machine: Machine;
  shell: Shell;
  http: HttpClient;
  files: Files;
  memory: MemoryStore;
  runs: RunDesk;
  approvals: Approvals;
  policy: PolicyDesk;
  audit: Audit;
  auditCheck: () => AuditCheck;
  status: () => Status;
  intake: Intake;
  catalog: Catalog;
}

export interface App extends AsyncDisposable {
  gate: Gate;
  backend: DurableBackend;
  approvals: Approvals;
  redactor: Redactor;
  log: Log;
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
  ...rest
}: AppOptions): Promise<App> {
  const { paths, values } = config;
  const log = rest.log ?? createLog({ level: values.CLAW_LOG, clock });
  await using stack = new AsyncDisposableStack();

  prepareHome(config);
  const policy = createPolicyFile({ file: paths.policy, log });
  const ground = groundOf({ home: paths.home, env, base: folder, root: path.dirname(import.meta.dirname) });
  const sandbox = createSandbox({ hidden: ground.own });
  const redactor = createRedactor();
  const db = openDatabase(paths.database, [durableSchema, undoSchema, auditSchema, auditMirrorSchema, approvalSchema, taintSchema]);
  stack.defer(() => db.close());
  closeToOthers(paths.database);
  const backend = createSqliteBackend({ db, clock, log, onWorkerLost: (worker) => audit.closeOrphans(worker) });
  const audit = createAudit({ db, clock, redactor, worker: backend.workerId });
  const mirror = createAuditMirror({ db, audit, file: paths.auditLog, log });
  stack.defer(() => mirror.close());
  const answers = createAnswers({ backend, log });
  const approvals = createApprovals({ db, clock, onAnswer: answers.given });
  const undo = createUndoStack({ db, clock });
  const taints = createTaints({ db, find: (name) => tools.find((tool) => tool.name === name) });

  const filesIn = (allowed: string[]): Files =>
    createFiles({ roots: createRoots({ allowed, forbidden: ground.own, base: folder }), backups: paths.backups });
  let memory: MemoryStore | undefined;
  stack.defer(() => memory?.close());
  // The owner's current folder is theirs to touch, unless roots are set or it is the whole disk.
  const enginesFor = ({ kind, folder: current }: Caller): Engines => {
    const isOwn = kind === 'owner' && current !== undefined && current !== path.parse(current).root && values.CLAW_FILE_ROOTS.length === 0;
    return isOwn ? (Object.create(engines, { files: { value: filesIn([folder, current]), enumerable: true } }) as Engines) : engines;
  };
  const place = { ground, canSandbox: sandbox.available, clock };
  const gate = createGate({
    tools,
    engines: enginesFor,
    folder,
    db,
    approvals,
    audit,
    taints,
    undo,
    policy,
    place,
    redactor,
    log,
    outputs: paths.runs,
  });
  const engines: Engines = {
    machine: createMachine(),
    shell: createShell({ env, outputs: paths.runs, sandbox }),
    http: createHttpClient({ allow: values.CLAW_HTTP_ALLOW }),
    files: filesIn(values.CLAW_FILE_ROOTS.length > 0 ? values.CLAW_FILE_ROOTS : [folder]),
    // Opened on first use: most calls need no memory.
    get memory() {
      return (memory ??= openMemoryStore({ file: paths.memory, clock }));
    },
    runs: createRunDesk({ backend, approvals, stack: undo }),
    approvals,
    policy: createPolicyDesk({ policy, explain: (...call) => gate.explain(...call), canSandbox: sandbox.available }),
    audit,
    auditCheck: () => checkAudit({ audit, mirror }),
    status: createStatus({
      db,
      backend,
      audit,
      clock,
      home: paths.home,
      model: 'none',
      tools: tools.length,
      warnings: () => policyWarnings(policy),
    }),
    // These two make calls of their own, so they are built on the gate: the one circle.
    intake: createIntake({ gate, backend, taints }),
    catalog: createCatalog({ gate }),
  };
  backend.register(undoKind, undoHandler({ gate, stack: undo }));
  await backend.open({ recover });
  stack.defer(() => backend.close());

  const parts = stack.move();
  const settled = (): Promise<void> => answers.carried().then(() => backend.idle());
  return { gate, backend, approvals, redactor, log, settled, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}
