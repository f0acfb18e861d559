/** `host:port`; the host may be an IPv6 address in brackets. */
export const PROXY_ADDRESS = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]{1,253}):(\d{1,5})$/;

export const PROXY_PROTOCOLS = ['http', 'https', 'socks5'] as const;
export const PROXY_STATUSES = ['active', 'failed', 'inactive'] as const;

/** A proxy server as administrators keep it; its password is beside it, sealed. Times are epoch seconds, as that API has them. */
export type ProxyServer = {
  readonly name: string;
  readonly server: string;
  readonly protocol: (typeof PROXY_PROTOCOLS)[number];
  readonly username: string | null;
  readonly country: string | null;
  readonly city: string | null;
  readonly status: (typeof PROXY_STATUSES)[number];
  /** Of the tests, 0 to 1; null before the first. */
  readonly success_rate: number | null;
  readonly testCount: number;
  readonly last_check_time: number | null;
  /** Of the last test, ms. */
  readonly response_time: number | null;
  readonly created_at: number;
  readonly updated_at: number;
};
