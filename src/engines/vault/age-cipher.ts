/** The age format (https://age-encryption.org/v1). The library is loaded on first use: most calls need no vault. */
const load = () => import('age-encryption');

/** An X25519 key pair as age writes it: `AGE-SECRET-KEY-1…` and `age1…`. */
export interface KeyPair {
  key: string;
  recipient: string;
}

export async function newKeyPair(): Promise<KeyPair> {
  const { generateX25519Identity } = await load();
  return keyPair(await generateX25519Identity());
}

export async function keyPair(key: string): Promise<KeyPair> {
  const { identityToRecipient } = await load();
  return { key, recipient: await identityToRecipient(key) };
}

/** An armored age file that the holder of the recipient's key can read. */
export async function encryptFor(recipient: string, text: string): Promise<string> {
  const { armor, Encrypter } = await load();
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return armor.encode(await encrypter.encrypt(text));
}

/** An armored age file behind a passphrase. scrypt with age's work factor takes about a second. */
export async function encryptWithPassphrase(passphrase: string, text: string): Promise<string> {
  const { armor, Encrypter } = await load();
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  return armor.encode(await encrypter.encrypt(text));
}

export type Opener = { keys: string[] } | { passphrase: string };

/** The text inside. Throws `NotForThisKey` where no key or passphrase fits, and the library's error where the file is broken. */
export async function decryptWith(opener: Opener, armored: string): Promise<string> {
  const { armor, Decrypter } = await load();
  const decrypter = new Decrypter();
  if ('passphrase' in opener) decrypter.addPassphrase(opener.passphrase);
  else for (const key of opener.keys) decrypter.addIdentity(key);
  try {
    return await decrypter.decrypt(armor.decode(armored), 'text');
  } catch (error) {
    // The library has no error classes; this text is the only sign.
    if (error instanceof Error && error.message.startsWith('no identity matched')) throw new NotForThisKey(error);
    throw error;
  }
}

export class NotForThisKey extends Error {
  constructor(cause: unknown) {
    super('the file is for another key', { cause });
  }
}
