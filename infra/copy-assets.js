// Copies what the compiler leaves behind (SQL, pages, styles, workflows) from src to dist.
import { cpSync, statSync } from 'node:fs';

cpSync('src', 'dist', {
  recursive: true,
  filter: (path) => statSync(path).isDirectory() || !path.endsWith('.ts'),
});
