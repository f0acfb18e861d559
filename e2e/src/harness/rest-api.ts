/** REST as one user, for tests and measurements. */
export class RestApi {
  readonly baseUrl: string;
  readonly token: string;

  private constructor(baseUrl: string, token: string) {
    this.baseUrl = baseUrl;
    this.token = token;
  }

  /** Rejects unless the Master takes the password. */
  static async login(baseUrl: string, username: string, password: string): Promise<RestApi> {
    const response = await fetch(`${baseUrl}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password }),
    });
    const body: unknown = await response.json();
    if (typeof body !== 'object' || body === null || !('token' in body) || typeof body.token !== 'string')
      throw new Error(`login as ${username} was answered ${response.status}: ${JSON.stringify(body)}`);
    return new RestApi(baseUrl, body.token);
  }

  get headers(): Readonly<Record<string, string>> {
    return { authorization: `Bearer ${this.token}` };
  }

  /** The body of a 2xx answer as JSON; anything else rejects. */
  async get(path: string): Promise<unknown> {
    return this.#json(path, { headers: this.headers });
  }

  async post(path: string, body: unknown): Promise<unknown> {
    return this.#json(path, {
      method: 'POST',
      headers: { ...this.headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  async text(path: string): Promise<string> {
    const response = await fetch(`${this.baseUrl}${path}`, { headers: this.headers });
    if (!response.ok) throw new Error(`${path} was answered ${response.status}`);
    return response.text();
  }

  async #json(path: string, init: RequestInit): Promise<unknown> {
    const response = await fetch(`${this.baseUrl}${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path} was answered ${response.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }
}
