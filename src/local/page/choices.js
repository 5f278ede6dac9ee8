const PREFIX = 'countersign.';

/**
 * The choice in the page's address, else the stored one.
 * @param {'as' | 'chat' | 'theme'} name
 * @returns {string | null}
 */
export function choice(name) {
  const asked = new URLSearchParams(location.search).get(name);
  return asked ?? storage((store) => store.getItem(PREFIX + name)) ?? null;
}

/**
 * Stores a choice for the next visit, and shows it in the address for links.
 * @param {'as' | 'chat' | 'theme'} name
 * @param {string} value
 */
export function keep(name, value) {
  storage((store) => store.setItem(PREFIX + name, value));
  const url = new URL(location.href);
  url.searchParams.set(name, value);
  history.replaceState(null, '', url);
}

function storage(use) {
  try {
    return use(localStorage);
  } catch (error) {
    // Storage may be disabled: the choice is then lost at a reload.
    console.info('The browser keeps nothing for this page.', error);
    return undefined;
  }
}
