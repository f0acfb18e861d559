/** A program that calls the REST API over a real socket. For tests only. */
export type Answer = { readonly status: number; readonly headers: Headers; readonly body: Record<string, unknown> };
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

export class Rest {
  readonly #url: string;
  readonly #token: string | undefined;

  constructor(url: string, token?: string) {
    this.#url = url;
    this.#token = token;
  }

  async call(method: Method, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
  }

  get = (path: string): Promise<Answer> => this.call('GET', path);
  post = (path: string, body?: unknown): Promise<Answer> => this.call('POST', path, body);
  patch = (path: string, body: unknown): Promise<Answer> => this.call('PATCH', path, body);
  put = (path: string, body?: unknown): Promise<Answer> => this.call('PUT', path, body);
  drop = (path: string): Promise<Answer> => this.call('DELETE', path);

  /** `data` of an answer that must be a success. */
  async data<T = Record<string, unknown>>(path: string): Promise<T> {
    const { status, body } = await this.get(path);
    if (status !== 200 || body.success === false) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    return body.data as T; // the test names its shape
  }
}
