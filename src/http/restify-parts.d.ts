// Parts of restify by themselves: its type package knows them under the main entry only.
declare module 'restify/lib/server.js' {
  import type { Server } from 'restify';

  namespace RestifyServer {
    /** What restify writes to: the methods of pino that it calls. */
    interface RestifyLog {
      trace(seen?: object, text?: string): boolean | undefined;
      warn(seen: object, text: string): void;
    }
  }
  const RestifyServer: new (options: {
    name: string;
    log: RestifyServer.RestifyLog;
    router: object;
  }) => Server;
  export = RestifyServer;
}

declare module 'restify/lib/router.js' {
  import type { RestifyLog } from 'restify/lib/server.js';

  const RestifyRouter: new (options: { log: RestifyLog }) => object;
  export = RestifyRouter;
}
