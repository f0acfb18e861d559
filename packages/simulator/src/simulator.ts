import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@hiscrm/shared/lib/clock.ts';
import Fastify, { type FastifyInstance } from 'fastify';
import { VirtualClock } from './clock.ts';
import { Control } from './control/control.ts';
import { controlServer } from './control/control-server.ts';
import { type DemoTraffic, type DemoTrafficOptions, startDemoTraffic } from './demo/demo-traffic.ts';
import { registerApi } from './http/api-route.ts';
import { creatorReadRoutes } from './http/creator-api.ts';
import { creatorWriteRoutes } from './http/creator-write.ts';
import { registerLogin } from './http/login-routes.ts';
import { registerMedia } from './http/media-routes.ts';
import { pageRoutes } from './http/page-api.ts';
import { type PageContext, registerCreatorPages, registerWwwPages } from './http/page-routes.ts';
import { PushHub } from './http/push-hub.ts';
import { Site, type SiteVariant } from './http/site.ts';
import { registerStatic } from './http/static-routes.ts';
import { MediaUrls } from './serialise/media-url.ts';
import type { ProfileName } from './world/profile.ts';

export type SimulatorOptions = {
  /** Same seed and same `nowMs`: same world, same ids. Default `hiscrm`. */
  seed?: string | undefined;
  /** Default 2. */
  accounts?: number | undefined;
  profile?: ProfileName | undefined;
  /** Where the virtual clock starts; default: real time. It runs on from there until frozen. */
  nowMs?: number | undefined;
  /** Default 0: any free port. */
  creatorPort?: number | undefined;
  wwwPort?: number | undefined;
  controlPort?: number | undefined;
  /** Bearer token of the control listener; default: random. */
  controlToken?: string | undefined;
  variant?: Partial<SiteVariant> | undefined;
  /** Name that class suffixes and fiber keys derive from; default: another one at every start. */
  buildId?: string | undefined;
};

export interface Simulator {
  readonly creatorBase: string;
  readonly wwwBase: string;
  readonly controlBase: string;
  readonly controlToken: string;
  /** The control API without HTTP: same methods, same checks. */
  readonly control: Control;
  /** Pages that hold a push connection. */
  pushConnectionCount(): number;
  /** Makes the accounts live: comments, messages, likes, edits. Stops with the simulator. */
  startDemoTraffic(options: DemoTrafficOptions): DemoTraffic;
  /** Closes all listeners and sockets. Safe twice. */
  close(): Promise<void>;
}

/** Starts the simulated site on loopback. Resolves when all three listeners accept connections. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const clock = new VirtualClock(systemClock.now, options.nowMs);
  const closing = new AbortController();
  const bases = { creator: '', www: '' };
  const buildId = options.buildId ?? randomBytes(6).toString('hex');
  const hub = new PushHub(() => site);
  const site = new Site(
    {
      seed: options.seed ?? 'hiscrm',
      accountCount: options.accounts ?? 2,
      profile: options.profile ?? 'default',
      variant: { works: 'work_list', write: 'creator_v1', messages: 'varied', ...options.variant },
    },
    clock,
    new MediaUrls(
      () => bases.creator,
      () => clock.nowMs(),
    ),
    { onWorldEvent: (event) => hub.publish(event), onFaultsChanged: () => hub.refresh() },
  );
  const pages: PageContext = { site, buildId, creatorBase: () => bases.creator, closing: closing.signal };
  const creator = originServer(hub);
  registerApi(
    creator,
    site,
    'creator',
    [...creatorReadRoutes(site), ...creatorWriteRoutes(site, hub), ...pageRoutes(site)],
    closing.signal,
  );
  registerCreatorPages(creator, pages);
  const www = originServer(hub);
  registerApi(www, site, 'www', pageRoutes(site), closing.signal);
  registerWwwPages(www, pages);
  for (const app of [creator, www]) {
    registerLogin(app, site);
    registerMedia(app);
    registerStatic(app, buildId);
  }
  const control = new Control(site, hub);
  const controlToken = options.controlToken ?? randomBytes(18).toString('base64url');
  const controlApp = controlServer(control, controlToken);

  bases.creator = await listen(creator, options.creatorPort ?? 0);
  bases.www = await listen(www, options.wwwPort ?? 0);
  const controlBase = await listen(controlApp, options.controlPort ?? 0);
  const demos = new Set<DemoTraffic>();
  let closed: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    for (const demo of demos) demo.stop();
    closing.abort();
    hub.close();
    await Promise.all([creator.close(), www.close(), controlApp.close()]);
  };
  return {
    creatorBase: bases.creator,
    wwwBase: bases.www,
    controlBase,
    controlToken,
    control,
    pushConnectionCount: () => hub.socketCount,
    startDemoTraffic: (demoOptions) => {
      const demo = startDemoTraffic(site, systemClock, demoOptions);
      demos.add(demo);
      return demo;
    },
    close: () => {
      closed ??= closeAll();
      return closed;
    },
  };
}

function originServer(hub: PushHub): FastifyInstance {
  const app = Fastify({
    forceCloseConnections: true,
    bodyLimit: 256 * 1024,
    routerOptions: { ignoreTrailingSlash: false },
  });
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(String(body))));
  });
  app.server.on('upgrade', (request, socket, head) => hub.upgrade(request, socket, head));
  return app;
}

async function listen(app: FastifyInstance, port: number): Promise<string> {
  await app.listen({ host: '127.0.0.1', port });
  // A TCP listener's address is an AddressInfo; only pipes answer a string.
  const address = app.server.address() as AddressInfo;
  return `http://127.0.0.1:${address.port}`;
}
