import { WorkflowFault } from './fault.ts';

interface Ordered {
  id: string;
  needs: string[];
}

/** For each step all that has ended when it begins. Throws WorkflowFault: names given twice, unknown needs, circles. */
export function endedBefore(steps: Ordered[]): Map<string, Set<string>> {
  refuseDoubles(steps);
  const byId = new Map(steps.map((step, index) => [step.id, { step, index }]));
  const known = new Map<string, Set<string>>();
  const visit = (id: string, trail: string[]): Set<string> => {
    const found = known.get(id);
    if (found) return found;
    const { step, index } = byId.get(id)!;
    const path = ['steps', index, 'needs'];
    if (trail.includes(id)) throw new WorkflowFault(`steps need each other: ${circle([...trail, id])}`, path);
    const all = new Set<string>();
    for (const other of step.needs) {
      if (!byId.has(other)) throw new WorkflowFault(`there is no step ${other}`, path);
      for (const earlier of visit(other, [...trail, id])) all.add(earlier);
      all.add(other);
    }
    known.set(id, all);
    return all;
  };
  for (const { id } of steps) visit(id, []);
  return known;
}

const mostShown = 8;
const circle = (ids: string[]): string =>
  (ids.length > mostShown ? [...ids.slice(0, mostShown), '…'] : ids.slice(ids.indexOf(ids.at(-1)!))).join(' → ');

function refuseDoubles(steps: Ordered[]): void {
  const seen = new Set<string>();
  for (const [index, { id }] of steps.entries()) {
    if (seen.has(id)) throw new WorkflowFault(`there is a step ${id} already`, ['steps', index, 'id']);
    seen.add(id);
  }
}
