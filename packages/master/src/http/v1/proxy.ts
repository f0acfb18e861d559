import Type, { type Static } from 'typebox';

const text = Type.String({ maxLength: 200 });
const status = Type.Unsafe<'active' | 'failed' | 'inactive'>(Type.String({ enum: ['active', 'failed', 'inactive'] }));

/** `host:port`; the host may be an IPv6 address in brackets. */
export const SERVER = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]{1,253}):(\d{1,5})$/;

/** A proxy server as kept; its password is beside it, sealed. Times are epoch seconds, as this API has them. */
export const proxySchema = Type.Object({
  name: text,
  server: Type.String({ maxLength: 300, pattern: SERVER.source }),
  protocol: Type.Unsafe<'http' | 'https' | 'socks5'>(Type.String({ enum: ['http', 'https', 'socks5'] })),
  username: Type.Union([text, Type.Null()]),
  country: Type.Union([text, Type.Null()]),
  city: Type.Union([text, Type.Null()]),
  status,
  /** Of the tests, 0 to 1; null before the first. */
  success_rate: Type.Union([Type.Number(), Type.Null()]),
  testCount: Type.Integer(),
  last_check_time: Type.Union([Type.Integer(), Type.Null()]),
  /** Of the last test, ms. */
  response_time: Type.Union([Type.Integer(), Type.Null()]),
  created_at: Type.Integer(),
  updated_at: Type.Integer(),
});
export type ProxyServer = Static<typeof proxySchema>;
