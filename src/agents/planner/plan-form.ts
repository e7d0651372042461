import { z } from 'zod';

const fields = z.record(z.string(), z.unknown());
const taskId = z.string().regex(/^t\d{1,2}$/, 'is an id such as t1');

/** What a model writes. Checked by `planProblems` before it is a plan. */
export const planForm = z.object({
  tasks: z
    .array(
      z.object({
        id: taskId,
        tool: z.string().min(1).max(80),
        input: fields.default({}),
        dependsOn: z.array(taskId).max(12).default([]),
        role: z.enum(['planner', 'executor', 'verifier']).optional(),
        goal: z.string().min(1).max(2_000).optional(),
        tools: z.array(z.string().max(80)).max(20).optional(),
        checks: z
          .array(
            z.object({
              tool: z.string().max(80),
              input: fields.default({}),
              path: z.string().max(200),
              expect: z.enum(['exists', 'equals', 'contains']),
              value: z.union([z.string().max(2_000), z.number(), z.boolean()]).optional(),
            }),
          )
          .max(4)
          .default([]),
      }),
    )
    .max(12),
  questions: z
    .array(z.object({ task: taskId.default('t1'), field: z.string().max(60).default('tool'), question: z.string().min(1).max(500) }))
    .max(3)
    .default([]),
});

export type WrittenPlan = z.output<typeof planForm>;
export type WrittenTask = WrittenPlan['tasks'][number];
