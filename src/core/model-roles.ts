/** What a model is asked for; each may have its own (CLAW_MODEL_CHAT …). */
export const modelRoles = ['chat', 'planner', 'executor', 'verifier', 'job'] as const;
export type ModelRole = (typeof modelRoles)[number];
