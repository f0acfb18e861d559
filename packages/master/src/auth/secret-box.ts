import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FORMAT = 'v1';

/**
 * Secrets at rest: AES-256-GCM. The text is `v1.<key id>.<base64url of nonce, tag, ciphertext>`; `aad` names what the
 * secret belongs to, so that a sealed text moved to another row does not open.
 */
export class SecretBox {
  readonly #key: Buffer;
  /** Tells which key sealed a text, without telling the key. */
  readonly keyId: string;

  /** Throws when the key is not 32 bytes. */
  constructor(key: Buffer) {
    if (key.length !== KEY_BYTES) throw new Error(`a secret key has ${KEY_BYTES} bytes, this one ${key.length}`);
    this.#key = key;
    this.keyId = createHash('sha256').update('hiscrm key id').update(key).digest('hex').slice(0, 8);
  }

  seal(plain: string, aad: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(aad));
    const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return `${FORMAT}.${this.keyId}.${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')}`;
  }

  /** `otherKey` when another key sealed it; `damaged` when it was changed or belongs to something else. */
  open(sealed: string, aad: string): { readonly plain: string } | 'otherKey' | 'damaged' {
    const [format, keyId, body] = sealed.split('.');
    if (format !== FORMAT || body === undefined) return 'damaged';
    if (keyId !== this.keyId) return 'otherKey';
    const bytes = Buffer.from(body, 'base64url');
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return 'damaged';
    const decipher = createDecipheriv(ALGORITHM, this.#key, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(aad));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    try {
      const plain =
        decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      return { plain };
    } catch {
      return 'damaged'; // GCM gives no other reason
    }
  }
}
