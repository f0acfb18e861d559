import { createHash } from 'node:crypto';

/**
 * The platform's second id namespace (`@…`): one plain id has another form in every session, so the form is an alias and
 * never a key. Forms are made from a salt and remembered, so that what was handed out can be read back.
 */
export class EncryptedIds {
  readonly #plainByForm = new Map<string, string>();

  encrypt(plain: string, salt: string): string {
    const prefix = createHash('sha256').update(salt).digest('base64').slice(0, 14);
    const body = createHash('sha384').update(`${salt}:${plain}`).digest('base64').slice(0, 50);
    const form = `@${prefix}${body}`;
    this.#plainByForm.set(form, plain);
    return form;
  }

  /** The plain id of a form that was handed out, the id itself when it is plain already, else undefined. */
  plain(idOrForm: string): string | undefined {
    return idOrForm.startsWith('@') ? this.#plainByForm.get(idOrForm) : idOrForm;
  }
}
