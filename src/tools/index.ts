import type { Tool } from '../core/tool.ts';
import * as agent from './agent.ts';
import * as agentRun from './agent-run.ts';
import * as approval from './approval.ts';
import * as audit from './audit.ts';
import * as auditKeeping from './audit-keeping.ts';
import * as code from './code.ts';
import * as cron from './cron.ts';
import * as cronFiring from './cron-firing.ts';
import * as fileChange from './file-change.ts';
import * as file from './file.ts';
import * as folder from './folder.ts';
import * as http from './http.ts';
import * as intake from './intake.ts';
import * as llm from './llm.ts';
import * as machine from './machine.ts';
import * as memoryExchange from './memory-exchange.ts';
import * as memoryLife from './memory-life.ts';
import * as memoryUpkeep from './memory-upkeep.ts';
import * as memory from './memory.ts';
import * as policy from './policy.ts';
import * as output from './output.ts';
import * as run from './run.ts';
import * as shell from './shell.ts';
import * as source from './source.ts';
import * as ssh from './ssh.ts';
import * as sshFile from './ssh-file.ts';
import * as sshHealth from './ssh-health.ts';
import * as sshHost from './ssh-host.ts';
import * as sshJob from './ssh-job.ts';
import * as status from './status.ts';
import * as token from './token.ts';
import * as stop from './stop.ts';
import * as tool from './tool.ts';
import * as vault from './vault.ts';
import * as vaultKeeping from './vault-keeping.ts';
import * as watcher from './watcher.ts';
import * as workflowRun from './workflow-run.ts';
import * as workflow from './workflow.ts';

/** Every capability, by noun. A tool file exports tools and nothing else. */
export const tools: Tool[] = [
  agent,
  agentRun,
  approval,
  audit,
  auditKeeping,
  code,
  cron,
  cronFiring,
  file,
  fileChange,
  folder,
  http,
  intake,
  llm,
  machine,
  memory,
  memoryExchange,
  memoryLife,
  memoryUpkeep,
  policy,
  output,
  run,
  shell,
  source,
  ssh,
  sshFile,
  sshHealth,
  sshHost,
  sshJob,
  status,
  token,
  stop,
  tool,
  vault,
  vaultKeeping,
  watcher,
  workflow,
  workflowRun,
].flatMap((nouns) => Object.values(nouns));
