import type { Principal, Role } from '@hiscrm/shared/model/visibility.ts';
import type { FastifyInstance } from 'fastify';

/** The fastify instance that routes are added to. */
export type App = FastifyInstance;

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; undefined when nobody is logged in. */
    principal: Principal | undefined;
  }
  interface FastifyContextConfig {
    /** The least role; `open` = nobody has to be logged in. A route that does not say is for administrators. */
    access?: Role | 'open';
  }
}
