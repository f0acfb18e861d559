import type { App } from '../app.ts';
import type { HttpDeps } from '../http-deps.ts';
import { addAccountRoutes } from './account-routes.ts';
import { addCacheRoutes } from './cache-routes.ts';
import { addPlatformRoutes } from './platform-routes.ts';
import { addProxyRoutes } from './proxy-routes.ts';
import { addReplyRoutes } from './reply-routes.ts';
import { addStatisticsRoutes } from './statistics-routes.ts';
import { addSystemRoutes } from './system-routes.ts';
import { addWorkerConfigRoutes } from './worker-config-routes.ts';
import { addWorkerLifecycleRoutes } from './worker-lifecycle-routes.ts';
import { addWorkerRoutes } from './worker-routes.ts';

/** The REST API of the deployed system: same addresses, same shapes; with login, and without its leaks. */
export function addV1Routes(app: App, deps: HttpDeps): void {
  addSystemRoutes(app, deps);
  addAccountRoutes(app, deps);
  addWorkerRoutes(app, deps);
  addWorkerConfigRoutes(app, deps);
  addWorkerLifecycleRoutes(app, deps);
  addProxyRoutes(app, deps);
  addPlatformRoutes(app, deps);
  addStatisticsRoutes(app, deps);
  addCacheRoutes(app, deps);
  addReplyRoutes(app, deps);
}
