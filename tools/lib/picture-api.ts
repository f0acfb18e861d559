/** REST of a Master as its administrator, for what the pictures need to be there. */
export class PictureApi {
  readonly #baseUrl: string;
  readonly #token: string;

  private constructor(baseUrl: string, token: string) {
    this.#baseUrl = baseUrl;
    this.#token = token;
  }

  /** Rejects unless the Master takes the password. */
  static async login(baseUrl: string, password: string): Promise<PictureApi> {
    const answer = await ask(`${baseUrl}/api/auth/login`, 'POST', { username: 'admin', password });
    return new PictureApi(baseUrl, textIn(answer, 'token'));
  }

  /** The `data` of a 2xx answer; anything else rejects. */
  async send(method: 'POST' | 'PUT', path: string, body: unknown): Promise<unknown> {
    const answer = await ask(`${this.#baseUrl}${path}`, method, body, this.#token);
    return typeof answer === 'object' && answer !== null && 'data' in answer ? answer.data : undefined;
  }
}

/** A text field of an answer; rejects an answer without it. */
export function textIn(answer: unknown, name: string): string {
  const value = typeof answer === 'object' && answer !== null ? Reflect.get(answer, name) : undefined;
  if (typeof value !== 'string') throw new Error(`the answer has no ${name}: ${JSON.stringify(answer)}`);
  return value;
}

async function ask(url: string, method: string, body: unknown, token?: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${url} was answered ${response.status}: ${await response.text()}`);
  return response.json();
}
