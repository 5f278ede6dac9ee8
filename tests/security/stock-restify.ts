// A server as restify's documentation shows it, for tests that crash it. Runs in a child process
// and prints its port.
import restify from 'restify';
import { answerParent } from './child.ts';

answerParent();
const server = restify.createServer();
server.use(restify.plugins.bodyParser({ maxBodySize: 262_144 }));
server.post('/api/messages', (_req, res, next) => {
  res.send(200, { ok: true });
  next();
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as { port: number }).port}\n`);
});
