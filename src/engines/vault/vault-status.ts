import { isoTime, type Clock } from '../../core/clock.ts';
import { rotationOf, type Rotation } from './rotation.ts';
import { readSeen } from './seen.ts';
import { isSetting } from './vault-content.ts';
import { VaultError } from './vault-faults.ts';
import { decodeVault, isFlaw } from './vault-file.ts';
import { bytesOf, type ReaderParts, type VaultReader } from './vault-reader.ts';
import type { VaultStatus } from './vault-types.ts';

/** How the vault is. What is wrong with it becomes part of the answer. */
export function createStatus({ db, file, identity, generations, reader, clock }: ReaderParts & { reader: VaultReader; clock: Clock }) {
  return async (): Promise<VaultStatus> => {
    const base = {
      newestSeen: readSeen(db)?.generation ?? 0,
      generation: generationOf(file),
      due: [],
      overdue: [],
      kept: generations.list().map(({ generation, writtenAt }) => ({ generation, writtenAt: isoTime(writtenAt) })),
    };
    try {
      const { content, seal } = await reader.read();
      if (seal === '') return { ...base, state: 'empty' };
      const names = Object.keys(content.secrets);
      const inState = (state: Rotation): string[] =>
        names.filter((name) => rotationOf(content.secrets[name]!, clock.now()).rotation === state);
      const { pairs, isProtected } = await identity.load();
      return {
        ...base,
        state: 'ok',
        newestSeen: content.generation,
        secrets: names.length,
        settings: names.filter(isSetting),
        recipient: pairs[0].recipient,
        isProtected,
        due: inState('due'),
        overdue: inState('overdue'),
      };
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      return { ...base, state: error.state, problem: { message: error.message, hint: error.hint } };
    }
  };
}

function generationOf(file: string): number | undefined {
  const bytes = bytesOf(file);
  const decoded = bytes && decodeVault(bytes);
  return decoded && !isFlaw(decoded) ? decoded.header.generation : undefined;
}
