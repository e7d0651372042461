import type { Vault } from './vault-types.ts';
import type { VaultParts } from './vault.ts';

/** The vault, with its code loaded at the first use: most processes start and end without one. */
export function createLazyVault(parts: VaultParts): Vault {
  let loading: Promise<Vault> | undefined;
  const vault = (): Promise<Vault> => (loading ??= import('./vault.ts').then(({ createVault }) => createVault(parts)));
  return {
    set: async (...input) => (await vault()).set(...input),
    delete: async (...input) => (await vault()).delete(...input),
    list: async () => (await vault()).list(),
    has: async (...input) => (await vault()).has(...input),
    status: async () => (await vault()).status(),
    rotate: async (...input) => (await vault()).rotate(...input),
    rekey: async () => (await vault()).rekey(),
    restore: async (...input) => (await vault()).restore(...input),
    exportTo: async (...input) => (await vault()).exportTo(...input),
    importFrom: async (...input) => (await vault()).importFrom(...input),
    open: async (...input) => (await vault()).open(...input),
    reveal: async (...input) => (await vault()).reveal(...input),
    learn: async () => (await vault()).learn(),
  };
}
