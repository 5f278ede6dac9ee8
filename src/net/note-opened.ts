/** Notes on the call of these options that a connection is opened for it; every agent calls it. */
export function noteOpened(options: object): void {
  (options as { readonly onOpened?: () => void }).onOpened?.();
}
