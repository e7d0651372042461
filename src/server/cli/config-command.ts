import { settings, type Config, type SettingName } from '../../core/config.ts';
import { table } from './render.ts';
import type { Terminal } from './terminal.ts';

/** `claw config`: every setting, its value and where it comes from; secrets masked. */
export function showConfig({ values, sources }: Config, terminal: Terminal): number {
  const items = (Object.keys(settings) as SettingName[]).map((name) => {
    const { help, secret, later } = settings[name] as { help: string; secret?: boolean; later?: boolean };
    const value = secret && values[name] ? '••••••' : values[name];
    return {
      name,
      value: Array.isArray(value) ? value.join(',') : value,
      source: sources[name],
      help: later ? `${help} (no effect in this version)` : help,
    };
  });
  terminal.out(terminal.json ? JSON.stringify({ items }) : table(items, terminal));
  return 0;
}
