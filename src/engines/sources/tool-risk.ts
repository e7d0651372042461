import type { SourceSettings, SourceToolSettings } from '../../core/source-settings.ts';
import type { Effects, Risk } from '../../core/tool.ts';
import type { Definition } from './definition.ts';

/** What a tool of another server counts as, and why where its own word was not taken. */
export interface Judged {
  risk: Risk;
  effects: Effects;
  openWorld: boolean;
  doubt?: string;
}

/** Verbs of names that say the opposite of "only reads". */
const changes =
  /^(?:add|append|apply|archive|close|commit|create|delete|deploy|destroy|disable|drop|edit|enable|erase|exec|execute|forget|insert|install|kill|merge|move|patch|post|publish|purge|push|put|remove|rename|reset|restart|revoke|run|save|send|set|shutdown|start|stop|store|submit|terminate|truncate|uninstall|update|upload|wipe|write)$/;

/**
 * From its annotations, which are its server's word and nobody's proof (MCP: "clients MUST consider tool annotations to be
 * untrusted"): the strictest reading of them holds, silence counts as destructive, and the owner's settings stand above.
 */
export function judgeTool(definition: Definition, source: SourceSettings): Judged {
  const { readOnlyHint, destructiveHint, openWorldHint } = definition.annotations ?? {};
  const own = settingsFor(definition.name, source);
  const isOdd = readOnlyHint === true && (destructiveHint === true || namesChange(definition.name));
  const claimed: Risk = readOnlyHint === true && !isOdd ? 'read' : destructiveHint === false && !isOdd ? 'write' : 'destructive';
  const openWorld = openWorldHint !== false || source.url !== undefined;
  return {
    risk: own.risk ?? claimed,
    effects: { readsPrivate: seesPrivate(source), sends: openWorld, ...own.effects, readsUntrusted: true },
    openWorld,
    ...(isOdd && own.risk === undefined && { doubt: 'It says that it only reads, and its name or its other hints say otherwise.' }),
  };
}

export const settingsFor = (tool: string, { claw }: SourceSettings): SourceToolSettings => ({
  ...claw?.tools?.['*'],
  ...claw?.tools?.[tool],
});

/** Words as they stand in `deleteFile`, `delete-file` and `delete_file`. */
const namesChange = (name: string): boolean =>
  name
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .some((word) => changes.test(word));

/** A program of the owner's can read his files, and who is given a secret is let in where his data is. */
const seesPrivate = ({ command, headers = {} }: SourceSettings): boolean =>
  command !== undefined || Object.values(headers).some((value) => typeof value !== 'string' || value.includes('${'));
