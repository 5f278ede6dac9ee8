// Types of single restify modules: its type package declares the main entry only.
declare module 'restify/lib/server.js' {
  import type { Server } from 'restify';

  namespace RestifyServer {
    /** The methods of pino that restify calls. */
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
