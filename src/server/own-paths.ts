import { ToolError } from '../core/errors.ts';

/** Where claw keeps its data and where it is installed, and what stands for them in front of clients. */
export interface OwnFolders {
  home: string;
  root: string;
}

/** Takes the paths of claw's own folders out of what a client is told. */
export interface Veil {
  /** Of both folders: errors name files so that the owner at the machine finds them. */
  error(error: ToolError): ToolError;
  /** Of the data folder: a client may well work in the folder where claw is installed. The same value where it is not named. */
  value<T>(value: T): T;
}

/** For fixtures, which have no folders. */
export const noVeil: Veil = { error: (error) => error, value: (value) => value };

/** A client elsewhere need not learn how the machine is laid out. */
export function veilPaths({ home, root }: OwnFolders): Veil {
  const veil = (text: string): string => text.replaceAll(home, 'CLAW_HOME').replaceAll(root, '(claw)');
  const written = JSON.stringify(home).slice(1, -1);
  return {
    error: (error) => new ToolError(error.code, veil(error.message), { ...error.toJSON(), hint: veil(error.hint), cause: error }),
    value: (value) => {
      const json = JSON.stringify(value) ?? '';
      return json.includes(written) ? (JSON.parse(json.replaceAll(written, 'CLAW_HOME')) as typeof value) : value;
    },
  };
}
