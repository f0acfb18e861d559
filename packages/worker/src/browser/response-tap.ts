import type { BrowserContext, Page, Request, Response } from 'playwright-core';
import { raceAbort } from '../lib/op.ts';

/** One answer that a page received, with its body read. */
export type TappedAnswer = {
  readonly method: string;
  readonly url: URL;
  readonly status: number;
  readonly text: string;
  /** What the request sent, when it was a POST with a text body. */
  readonly requestText: string | undefined;
  readonly page: Page | undefined;
};
export type TapFilter = (method: string, url: URL) => boolean;

/** A body beyond this is not read: no list of the platform comes near. */
const BODY_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * Observes the answers that the pages of a context receive; asks for nothing itself. Bodies are read at once, since a
 * navigation discards them, and `close()` waits for the readings under way.
 */
export class ResponseTap {
  readonly #context: BrowserContext;
  readonly #wants: TapFilter;
  readonly #onAnswer: (answer: TappedAnswer) => void;
  readonly #onError: (error: unknown, url: URL) => void;
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  readonly #listener = (response: Response): void => this.#take(response);

  constructor(options: {
    context: BrowserContext;
    wants: TapFilter;
    onAnswer: (answer: TappedAnswer) => void;
    onError: (error: unknown, url: URL) => void;
  }) {
    this.#context = options.context;
    this.#wants = options.wants;
    this.#onAnswer = options.onAnswer;
    this.#onError = options.onError;
    this.#context.on('response', this.#listener);
  }

  /** Stops listening, waits at most `graceMs` for bodies being read. Safe twice. */
  async close(graceMs = 1_000): Promise<void> {
    this.#context.off('response', this.#listener);
    const timer = setTimeout(() => this.#closing.abort(new Error('the tap was closed')), graceMs);
    await Promise.all(this.#running);
    clearTimeout(timer);
    this.#closing.abort(new Error('the tap was closed'));
  }

  #take(response: Response): void {
    const request = response.request();
    const url = new URL(response.url());
    // A redirect has no body; its target is a response of its own.
    if (!this.#wants(request.method(), url) || (response.status() >= 300 && response.status() < 400)) return;
    const reading = this.#read(response, request, url).catch((error: unknown) => {
      if (!this.#closing.signal.aborted) this.#onError(error, url);
    });
    this.#running.add(reading);
    void reading.finally(() => this.#running.delete(reading));
  }

  async #read(response: Response, request: Request, url: URL): Promise<void> {
    const body = await raceAbort(response.body(), this.#closing.signal);
    if (body.byteLength > BODY_LIMIT_BYTES) throw new Error(`a body of ${body.byteLength} bytes was left out`);
    this.#onAnswer({
      method: request.method(),
      url,
      status: response.status(),
      text: body.toString('utf8'),
      requestText: request.postData() ?? undefined,
      page: pageOf(request),
    });
  }
}

/** Requests of service workers belong to no page. */
function pageOf(request: Request): Page | undefined {
  return request.serviceWorker() ? undefined : request.frame().page();
}
