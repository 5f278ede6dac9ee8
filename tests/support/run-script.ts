/** Runs a script and sets its exit code: 2 with the reason alone for wrong arguments. */
export async function runScript(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('ERR_PARSE_ARGS_')) throw error;
    process.stderr.write(`${message}\n`);
    process.exitCode = 2;
  }
}
