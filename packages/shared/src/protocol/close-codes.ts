/** WebSocket close codes. 40xx: connect again. 45xx: stop until a person acts. Clients branch on the number. */
export const CLOSE = {
  serverRestarting: 4001,
  tooSlow: 4002,
  /** The peer broke the protocol; a fresh connection starts clean. */
  badFrames: 4003,
  heartbeatMissed: 4004,
  unsupportedProtocol: 4501,
  notLoggedIn: 4502,
  sessionRevoked: 4503,
} as const;
export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];

export const mayReconnect = (code: number): boolean => code < 4500;
