import path from 'node:path';
import { createIntake } from './agents/intake/intake.ts';
import { createModelDesk } from './agents/models/model-desk.ts';
import { createTalkReader } from './agents/models/talk-reader.ts';
import { createAgents } from './agents/personas/agents.ts';
import { createCatalog } from './agents/routing/catalog.ts';
import { createRouters } from './agents/routing/routers.ts';
import type { Clock } from './core/clock.ts';
import type { Config } from './core/config.ts';
import type { Db } from './core/database.ts';
import type { Ground } from './core/ground.ts';
import type { Log } from './core/log.ts';
import { createNearness } from './core/nearness.ts';
import type { Redactor } from './core/redact.ts';
import { createSecretCalls, type SecretCalls } from './core/secret-calls.ts';
import { foreignSocketFolder } from './core/socket-path.ts';
import type { Caller, Tool } from './core/tool.ts';
import { mergedSources, sourcesIn } from './core/trusted-sources.ts';
import type { DurableBackend } from './durable/backend.ts';
import type { UndoStack } from './durable/undo-stack.ts';
import type { CronEngine } from './engines/cron/cron-engine.ts';
import type { Unfinished } from './engines/files/unfinished.ts';
import { createLazyCodeReview } from './engines/code/lazy-code-review.ts';
import { createFiles, type Files } from './engines/files/files.ts';
import { createOrigins } from './engines/files/origins.ts';
import { createRoots } from './engines/files/roots.ts';
import { createHttpClient } from './engines/http/http-client.ts';
import { createMachine } from './engines/machine/machine.ts';
import { createOutputStore } from './engines/output/output.ts';
import { createSandbox } from './engines/shell/sandbox.ts';
import { createShell } from './engines/shell/shell.ts';
import { createSourceFile } from './engines/sources/source-file.ts';
import { createSourceRows } from './engines/sources/source-rows.ts';
import { createSources } from './engines/sources/sources.ts';
import { createSsh } from './engines/ssh/ssh.ts';
import type { TokenFile } from './engines/token/token.ts';
import { createLazyVault } from './engines/vault/lazy-vault.ts';
import { createWorkflows } from './engines/workflow/workflows.ts';
import type { OwnWrites } from './engines/watcher/own-writes.ts';
import { createApprovalDesk } from './gate/approvals/approval-desk.ts';
import { createApprovalRules } from './gate/approvals/approval-rules.ts';
import { createAuditArchive } from './gate/audit/audit-archive.ts';
import { createAuditMeaning } from './gate/audit/audit-meaning.ts';
import type { AuditMirror } from './gate/audit/audit-mirror.ts';
import { exportedFile } from './gate/audit/audit-export.ts';
import { createGate } from './gate/gate.ts';
import type { Gate, OpenGate } from './gate/gate-types.ts';
import { createPolicyDesk } from './gate/policy/policy-desk.ts';
import type { PolicyFile } from './gate/policy/policy-file.ts';
import { createRunDesk } from './gate/run-desk.ts';
import { createSecretFields } from './gate/secret-fields.ts';
import { createQuestionDesk, sourceKind, sourceQuestion } from './gate/source-questions.ts';
import { secretOpened } from './gate/secret-opened.ts';
import { watchSecrets, type SecretWatch } from './gate/secret-watch.ts';
import type { Taints } from './gate/taint.ts';
import { workflowParts } from './gate/workflow-calls.ts';
import { undoHandler, undoKind } from './gate/undo.ts';
import { boundMemory } from './memory/bound-memory.ts';
import { createLazyEmbedding, createLazyMemory } from './memory/lazy-memory.ts';
import { tools as allTools } from './tools/index.ts';
import type { App, AppOptions, Engines } from './app-types.ts';

/** The engines that are there from the start. */
interface Early extends Pick<Engines, 'approvals' | 'audit' | 'auditCheckpoints' | 'status' | 'stop' | 'watchers'> {
  cron: CronEngine;
  tokens: { client: TokenFile; owner: TokenFile };
}

export interface CallsParts extends Pick<AppOptions, 'tools' | 'askPassphrase'> {
  config: Config;
  env: Record<string, string | undefined>;
  folder: string;
  clock: Clock;
  log: Log;
  redactor: Redactor;
  ground: Ground;
  db: Db;
  backend: DurableBackend;
  /** The way into the gate that is built here, for those who make calls of their own. */
  gate: Gate;
  mirror: AuditMirror;
  policy: PolicyFile;
  taints: Taints;
  undo: UndoStack;
  ownWrites: OwnWrites;
  temporaries: Unfinished;
  early: Early;
}

export interface Calls {
  /** Where `parts.gate` leads. */
  gate: OpenGate;
  engines: Engines;
  find: (name: string) => Tool | undefined;
  reveal: App['reveal'];
  secretCalls: SecretCalls;
  /** Looks for secrets that other processes have set. */
  learned: SecretWatch;
  close(): Promise<void>;
}

/**
 * What calls need and nothing else does: the tools, the engines behind them, the gate in front. Built with the first call, so
 * a process that has none to make starts in the same time however many tools there are.
 */
export function openCalls(parts: CallsParts): Calls {
  const { config, env, folder, clock, log, redactor, ground, db, backend, mirror, policy, taints, undo, early } = parts;
  const { paths, values } = config;
  const { tools = allTools } = parts;
  const { approvals, audit, auditCheckpoints, stop } = early;
  const { program, userHome } = ground;
  const sandbox = createSandbox({ hidden: [...ground.own, ...foreignSocketFolder(paths)], data: paths.home, program, userHome });
  const auditArchive = createAuditArchive({ db, clock, mirror, checkpoints: auditCheckpoints, folder: paths.auditArchive });
  const find = (name: string): Tool | undefined => tools.find((tool) => tool.name === name) ?? sources.find(name);
  const approvalRules = createApprovalRules({ db, clock, find });
  const approvalDesk = createApprovalDesk({ db, approvals, rules: approvalRules });

  const filesIn = (allowed: string[]): Files =>
    parts.ownWrites.watch(
      createFiles({
        roots: createRoots({ allowed, forbidden: ground.own, base: folder }),
        backups: paths.backups,
        redactor,
        temporaries: parts.temporaries,
      }),
    );
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
    askPassphrase: parts.askPassphrase,
    onOpen: secretOpened({ db, audit, taints }),
  });
  const { client, owner } = early.tokens;
  const watchedTokens = [client, owner].map(({ file, current }) => ({ file, learn: async () => redactor.add(current()) }));
  const secrets = watchSecrets({ sources: [{ file: paths.vault, learn }, ...watchedTokens], log });
  const secretCalls = createSecretCalls(tools);
  const embedding = createLazyEmbedding(async () => (await import('./engines/embeddings/choose-embedder.ts')).embeddingOf(values));
  const models = createModelDesk({ db, clock, audit, redactor, values, env });
  const prompts = path.join(path.dirname(import.meta.dirname), 'prompts');
  const readTalk = createTalkReader({
    models,
    setting: values.CLAW_MODEL_JOB || values.CLAW_MODEL,
    prompt: path.join(prompts, 'memory', 'read-talk.md'),
  });
  const memory = createLazyMemory({ file: paths.memory, clock, redactor, embedding: embedding.get, readTalk });
  // The owner's current folder is theirs to touch, also through an agent that works for them there, unless roots are set or it is the
  // whole disk. An agent of a persona has memories of its own.
  const enginesFor = ({ kind, folder: current, reach }: Caller): Engines => {
    const isOwners = kind === 'owner' || (kind === 'agent' && (reach === undefined || reach.ownersFolder === true));
    const isOwn = isOwners && current !== undefined && current !== path.parse(current).root && values.CLAW_FILE_ROOTS.length === 0;
    const own = {
      ...(isOwn && { files: { value: filesIn([folder, current]), enumerable: true } }),
      ...(reach?.memory !== undefined && { memory: { value: boundMemory(memory, reach.memory), enumerable: true } }),
    };
    return Object.keys(own).length > 0 ? (Object.create(engines, own) as Engines) : engines;
  };
  const ssh = createSsh({
    hosts: paths.hosts,
    knownHosts: { own: paths.knownHosts, others: [path.join(userHome, '.ssh', 'known_hosts'), '/etc/ssh/ssh_known_hosts'] },
    secret,
    redactor,
    outputs: paths.runs,
    agent: env.SSH_AUTH_SOCK,
    userHome,
  });
  const trusted = mergedSources(() => [policy.current().trusted, sourcesIn(values.CLAW_TRUSTED)]);
  const sources = createSources({
    file: createSourceFile({ file: paths.sources, log }),
    rows: createSourceRows({ db, clock }),
    desk: createQuestionDesk({ backend, approvals }),
    env,
    folder: userHome,
    outputs: paths.runs,
    clock,
    log,
    redactor,
    sandbox,
    secret,
    stopped: stop.signal,
  });
  const open = createGate({
    tools,
    foreign: sources,
    engines: enginesFor,
    folder,
    db,
    desk: approvalDesk,
    audit,
    stop,
    taints,
    undo,
    policy,
    trusts: trusted.file,
    place: { ground, canSandbox: sandbox.available, clock, searched: env.PATH ?? '' },
    redactor,
    log,
    outputs: paths.runs,
    secrets,
    secretFields: createSecretFields({ calls: secretCalls, redactor }),
  });
  const gate: OpenGate = { ...open, ...parts.gate };
  const routers = createRouters({
    embedder: async () => (await embedding.get()).embedder,
    phrasebook: async () => (await import('./tools/phrasebook.ts')).phrasebook,
  });
  const catalog = createCatalog({ gate, routers });
  const exportTarget = values.CLAW_AUDIT_EXPORT;
  const engines: Engines = {
    ...early,
    code: createLazyCodeReview({ sandbox, env, redactor, prompts: path.join(prompts, 'agent') }),
    machine: createMachine(),
    models,
    // Without the two ways to a value: those are for engines, and for the owner at a terminal.
    vault,
    shell: createShell({ env, outputs: paths.runs, redactor, secret, sandbox }),
    sources,
    ssh,
    http: createHttpClient({ allow: values.CLAW_HTTP_ALLOW, secret }),
    origins: createOrigins({ db, trusted, redactor }),
    files: filesIn(values.CLAW_FILE_ROOTS.length > 0 ? values.CLAW_FILE_ROOTS : [folder]),
    memory,
    output: createOutputStore({ folder: paths.runs, redactor }),
    runs: createRunDesk({ backend, approvals, stack: undo, taints, callerOf: (callId) => audit.search({ callId, limit: 1 })[0]?.caller }),
    approvalDesk,
    approvalRules,
    policy: createPolicyDesk({ policy, explain: gate.explain, canSandbox: sandbox.available }),
    auditArchive,
    auditMeaning: createAuditMeaning({ audit, nearness: createNearness(async () => (await embedding.get()).embedder) }),
    auditCheck: async (given) => {
      const { checkAudit } = await import('./gate/audit/audit-check.ts');
      const exportedTo = exportedFile(exportTarget);
      return checkAudit(
        { db, mirror, checkpoints: auditCheckpoints, archive: auditArchive, folder: paths.auditArchive, exportedTo },
        given,
      );
    },
    // These make calls of their own, so they are built on the gate: the one circle.
    intake: createIntake({ gate, backend, taints, models, catalog, routers }),
    agents: createAgents({
      db,
      clock,
      log,
      gate,
      backend,
      taints,
      models,
      routers,
      find,
      folder: paths.agents,
      builtIn: path.join(path.dirname(import.meta.dirname), 'agents'),
      nextTime: async (...given) => (await import('./engines/cron/next-time.ts')).nextTime(...given),
    }),
    catalog,
    workflows: createWorkflows({
      folder: paths.workflows,
      builtIn: path.join(path.dirname(import.meta.dirname), 'workflows'),
      backend,
      parts: workflowParts({ gate, backend, approvals, taints, undo, find, send: early.cron.send }),
    }),
  };
  backend.register(sourceKind, sourceQuestion({ gate, find, answered: sources.answered }));
  backend.register(undoKind, undoHandler({ gate, stack: undo, taints }));
  const close = async (): Promise<void> => {
    await sources.close();
    ssh.close();
    await memory.close();
    await embedding.close();
  };
  return { gate: open, engines, find, reveal, secretCalls, learned: secrets, close };
}
