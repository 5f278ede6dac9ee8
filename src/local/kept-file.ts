/** Files with secrets that the local profile keeps between starts. */
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';

/** The text of a file; at the first start `make` gives it. */
export async function keptFile(
  path: string,
  make: () => string | Promise<string>,
): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // In a test runner, errors of Node come from another realm: instanceof does not work.
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
    const made = await make();
    await storeFile(path, made);
    return made;
  }
}

/** Replaces the text of a file as a whole, with mode 0600. */
export async function storeFile(path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  await writeFile(draft, text, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, path);
}
