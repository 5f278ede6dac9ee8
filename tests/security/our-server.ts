// Our server over fakes, in a process of its own, so that a test can tell whether it lives.
// Writes its port to standard output.
import { startServer } from '../unit/http/support.ts';
import { answerParent } from './child.ts';

answerParent();
const { port } = await startServer();
process.stdout.write(`${port}\n`);
