/**
 * Whether a request that changes something, or opens a socket, may come from this web origin. Programs send no Origin
 * header and pass; a browser always does, and then it must be our own page or a listed origin.
 */
export function isAllowedOrigin(options: {
  readonly origin: string | undefined;
  /** The request's Host header. */
  readonly host: string | undefined;
  readonly allowedOrigins: readonly string[];
}): boolean {
  if (options.origin === undefined) return true;
  if (options.allowedOrigins.includes(options.origin)) return true;
  if (!URL.canParse(options.origin)) return false;
  return options.host !== undefined && new URL(options.origin).host === options.host.toLowerCase();
}

/**
 * Whether the Host header names this machine itself. Surfaces without login ask this too: a foreign page whose name was
 * pointed at 127.0.0.1 has the right address but not the right name.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host);
}

/** Whether the peer's address is this machine. */
export function isLoopbackAddress(address: string | undefined): boolean {
  return address === '127.0.0.1' || address === '::1' || address === '::ffff:127.0.0.1';
}
