import type { Audit } from './audit.ts';
import type { AuditMirror } from './audit-mirror.ts';

export interface AuditCheck {
  ok: boolean;
  rows: number;
  firstBad?: number;
  where?: 'claw.db' | 'audit.log';
}

/** The chain in claw.db first, then audit.log against it. */
export function checkAudit({ audit, mirror }: { audit: Audit; mirror: AuditMirror }): AuditCheck {
  const chain = audit.verifyChain();
  if (!chain.ok) return { ...chain, where: 'claw.db' };
  const firstBad = mirror.firstDifference();
  return firstBad === undefined ? chain : { ok: false, rows: chain.rows, firstBad, where: 'audit.log' };
}
