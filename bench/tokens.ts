import { listedTool, shownTools } from '../src/server/mcp/tool-list.ts';
import { toolFacts } from '../src/tools/facts.ts';

const limit = 4_000;

/** The price of the tool list in a client's context: characters / 4 of name, description and input schema; output schemas beside it. */
export default async function bench(): Promise<void> {
  const core = report('default list', ['core']);
  report('all tools', ['all']);
  console.log(`default list: ${core} of ${limit} tokens, ${(core / limit).toFixed(2)} of the limit`);
}

function report(label: string, toolsets: string[]): number {
  const rows = shownTools(toolFacts, { toolsets, readOnly: false }).map((tool) => {
    const { name, description = '', inputSchema, outputSchema } = listedTool(tool);
    return { name, input: tokens(name + description + JSON.stringify(inputSchema)), output: tokens(JSON.stringify(outputSchema)) };
  });
  console.log(`${label}: ${rows.length} tools`);
  for (const { name, input, output } of rows)
    console.log(`  ${name.padEnd(18)} ${String(input).padStart(5)} ${String(output).padStart(6)} (output schema)`);
  const sum = rows.reduce((total, { input }) => total + input, 0);
  console.log(`  ${'together'.padEnd(18)} ${String(sum).padStart(5)}`);
  return sum;
}

const tokens = (text: string): number => Math.round(text.length / 4);

if (import.meta.main) await bench();
