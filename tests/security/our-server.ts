// Our server over fakes in a child process, so that a test can see whether it crashes. Prints its
// port.
import { startServer } from '../unit/http/support.ts';
import { answerParent } from './child.ts';

answerParent();
const { port } = await startServer();
process.stdout.write(`${port}\n`);
